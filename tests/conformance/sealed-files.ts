import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "cheerio";
import { IsAuthenticated, IsStaff, type PermissionRule, type UploadStore } from "hydrant";
import { diskUploadStore } from "hydrant/disk";
import { expect } from "vitest";
import { testClock } from "../support/clock.js";
import { HTMX, type RawAnswer, type RawRequest } from "../support/http.js";
import type { Audit, Chapter, Open } from "./audit.js";
import { photosClass } from "./fixtures/photos.js";
import { from } from "./koa-door.js";
import type { HttpStage } from "./stage.js";

interface Album {
  readonly stage: HttpStage;
  readonly ran: readonly string[];
  readonly uploadStore: UploadStore;
  /** Uploads a file as ann and gives the address that her page then shows, and where the store keeps it. */
  upload(name: string, type: string, content: string): Promise<{ readonly address: string; readonly key: string }>;
}

/** Sends a file as ann, in the form it belongs to. */
function post(
  stage: HttpStage,
  event: string,
  state: string,
  name: string,
  type: string,
  content: string,
  headers: Readonly<Record<string, string>>,
): Promise<RawAnswer> {
  return stage.http.request({
    method: "POST",
    path: `${stage.prefix}/photos/${event}`,
    headers: { ...from("ann"), ...headers, "Content-Type": "multipart/form-data; boundary=edge" },
    body:
      `--edge\r\nContent-Disposition: form-data; name="state"\r\n\r\n${state}\r\n` +
      `--edge\r\nContent-Disposition: form-data; name="photos"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n` +
      `${content}\r\n--edge--\r\n`,
  });
}

/** @param use What to do while the folder is there. */
async function withAlbum(
  open: Open<HttpStage>,
  use: (album: Album) => Promise<void>,
  permissions: PermissionRule = IsAuthenticated,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "hydrant-files-"));
  try {
    const clock = testClock();
    const uploadStore = diskUploadStore(folder, { now: clock.now });
    const ran: string[] = [];
    const components = { photos: photosClass(ran, permissions) };
    const stage = await open({ components, uploadStore, clock, people: { ann: { isStaff: true } } });
    await use({
      stage,
      ran,
      uploadStore,
      async upload(name, type, content) {
        const { state } = await stage.mount("photos");
        const answer = await post(stage, "upload?_field=photos", state, name, type, content, HTMX);
        const $ = load(answer.body);
        expect([answer.status, $("a[download]").length]).toEqual([200, 1]);
        return { address: $("a[data-own]").attr("href") ?? "", key: $("li").attr("data-key") ?? "" };
      },
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function fetchAs(stage: HttpStage, user: string, path: string, more: Partial<RawRequest> = {}): Promise<RawAnswer> {
  return stage.http.request({ path, ...more, headers: { ...from(user), ...more.headers } });
}

/** The code somebody is told who does not get the file, and htmx as well as a browser. */
async function refusal(stage: HttpStage, user: string, path: string, status: number): Promise<string | undefined> {
  const plain = await fetchAs(stage, user, path, { headers: { Accept: "text/html" } });
  const { body, headers, ...partial } = await fetchAs(stage, user, path, { headers: HTMX });
  expect([partial.status, headers["content-disposition"], body.includes("PNG")]).toEqual([status, undefined, false]);
  expect([plain.status, plain.headers["content-disposition"], plain.body.includes("PNG")]).toEqual([
    status,
    undefined,
    false,
  ]);
  return /data-code="(\w+)"/.exec(body)?.[1];
}

const FILE = ["holiday.png", "image/png", "not really a PNG"] as const;

const http: Audit<HttpStage>[] = [
  {
    id: "U13.1",
    must: "a file goes to the same person, as an attachment that no browser runs or shows as part of the site",
    run: (open) =>
      withAlbum(open, async ({ stage, upload }) => {
        for (const [name, type, content] of [FILE, ["page.html", "text/html", "<script>alert(1)</script>"]] as const) {
          const { address } = await upload(name, type, content);
          const { status, headers, body } = await fetchAs(stage, "ann", address);
          expect([status, body]).toEqual([200, content]);
          expect(headers).toMatchObject({
            "content-type": "application/octet-stream",
            "content-length": String(content.length),
            "content-disposition": `attachment; filename="file"; filename*=UTF-8''${name}`,
            "content-security-policy": "default-src 'none'; sandbox",
            "x-content-type-options": "nosniff",
            "cache-control": "private, no-store",
            "cross-origin-resource-policy": "same-origin",
          });
          expect(headers["set-cookie"]).toBeUndefined();
        }
      }),
  },
  {
    id: "U13.2",
    must: "whatever a file is called, its name stays a name",
    run: (open) =>
      withAlbum(open, async ({ stage, upload }) => {
        for (const [name, written] of [
          ["grüße 😀.png", "gr%C3%BC%C3%9Fe%20%F0%9F%98%80.png"],
          ["a;b, 'c' (1)*.png", "a%3Bb%2C%20%27c%27%20%281%29%2A.png"],
          ["x%0d%0aSet-Cookie: a=b", "xSet-Cookie%3A%20a%3Db"],
        ] as const) {
          const { address } = await upload(name, "image/png", "x");
          const { status, headers } = await fetchAs(stage, "ann", address);
          expect(status).toBe(200);
          expect(headers["content-disposition"]).toBe(`attachment; filename="file"; filename*=UTF-8''${written}`);
          expect(headers["set-cookie"]).toBeUndefined();
        }
      }),
  },
  {
    id: "U13.3",
    must: "the address is worth nothing to anybody else, signed in or not",
    run: (open) =>
      withAlbum(open, async ({ stage, upload }) => {
        const { address } = await upload(...FILE);
        for (const user of ["bob", ""]) {
          expect([user, await refusal(stage, user, address, 400)]).toEqual([user, "state_invalid"]);
        }
      }),
  },
  {
    id: "U13.4",
    must: "an address that was changed, made up, or sealed for something else is 400, and the log does not keep it",
    run: (open) =>
      withAlbum(open, async ({ stage, upload }) => {
        const { address } = await upload(...FILE);
        const at = address.length - 10;
        const flipped = `${address.slice(0, at)}${address[at] === "A" ? "B" : "A"}${address.slice(at + 1)}`;
        const { state } = await stage.mount("photos");
        const files = `${stage.prefix}/_files`;
        for (const forged of [
          flipped,
          `${address}A`,
          address.slice(0, -1),
          `${files}/x`,
          `${files}/`,
          `${files}/${state}`,
        ]) {
          expect(await refusal(stage, "ann", forged, 400)).toBe("state_invalid");
          const ticket = forged.slice(files.length + 1);
          if (ticket.length > 1) expect(JSON.stringify(stage.log.lines)).not.toContain(ticket);
        }
      }),
  },
  {
    id: "U13.5",
    must: "an address is valid as long as a seal",
    run: (open) =>
      withAlbum(open, async ({ stage, upload }) => {
        const { address } = await upload(...FILE);
        stage.clock.advance(86_399_000);
        expect((await fetchAs(stage, "ann", address)).status).toBe(200);
        stage.clock.advance(1000);
        expect(await refusal(stage, "ann", address, 409)).toBe("state_expired");
      }),
  },
  {
    id: "U13.6",
    must: "who may no longer use the form gets its files no more",
    run: (open) =>
      withAlbum(
        open,
        async ({ stage, upload }) => {
          const { address } = await upload(...FILE);
          expect((await fetchAs(stage, "ann", address)).status).toBe(200);
          stage.people.ann = {};
          expect(await refusal(stage, "ann", address, 403)).toBe("forbidden");
        },
        IsStaff,
      ),
  },
  {
    id: "U13.7",
    must: "a file that is no longer there is not found",
    run: (open) =>
      withAlbum(open, async ({ stage, uploadStore, upload }) => {
        const { address, key } = await upload(...FILE);
        await uploadStore.remove(key);
        expect(await refusal(stage, "ann", address, 404)).toBe("not_found");
      }),
  },
  {
    id: "U13.8",
    must: "HEAD says what GET would, and no other method is answered",
    run: (open) =>
      withAlbum(open, async ({ stage, upload }) => {
        const { address } = await upload(...FILE);
        const head = await fetchAs(stage, "ann", address, { method: "HEAD" });
        expect([head.status, head.body, head.headers["content-length"]]).toEqual([200, "", String(FILE[2].length)]);
        for (const method of ["POST", "PUT", "DELETE"]) {
          const answer = await fetchAs(stage, "ann", address, { method });
          expect([method, answer.status, answer.headers.allow]).toEqual([method, 405, "GET, HEAD"]);
        }
        expect((await fetchAs(stage, "ann", address)).body).toBe(FILE[2]);
      }),
  },
  {
    id: "U13.9",
    must: "without JavaScript a form with a file that is sent again by loading the page again is carried out once",
    run: (open) =>
      withAlbum(open, async ({ stage, ran }) => {
        const { state } = await stage.mount("photos");
        const send = () => post(stage, "submit", state, ...FILE, { Accept: "text/html" });
        const statuses = [(await send()).status, (await send()).status];
        expect([statuses, ran]).toEqual([[200, 200], [`submit ${FILE[0]}`]]);
      }),
  },
];

export const sealedFiles: Chapter = { every: [], http };
