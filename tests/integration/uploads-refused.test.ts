import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { load } from "cheerio";
import { describe, expect, it } from "vitest";
import { type AlbumStage, codeOf, filesListed, held, openAlbum, withPhoto } from "../support/album.js";
import { messagesIn } from "../support/form-html.js";
import { type BodyPart, LAST_EDGE, MULTIPART, multipart, partHead, photo, png } from "../support/multipart.js";

const title = (value: string): BodyPart => ({ name: "title", value });

describe("a file that is not taken", () => {
  const REFUSED: readonly (readonly [what: string, parts: readonly BodyPart[], status: number, code: string])[] = [
    ["another type", [photo(png(50), "a.gif", "image/gif")], 415, "unsupported_media_type"],
    ["no type", [{ name: "photos", file: "a.png", value: png(50) }], 415, "unsupported_media_type"],
    ["a type that lies", [photo("<script>alert(1)</script>")], 415, "unsupported_media_type"],
    ["a type that lies, and is short", [photo("\x89PN")], 415, "unsupported_media_type"],
    ["a type that lies, and is empty", [photo("")], 415, "unsupported_media_type"],
    ["more files than the field takes", [photo(), photo(), photo(), photo()], 413, "too_large"],
    ["more bytes than the field takes", [{ name: "note", value: png(1001), file: "n", type: "a/b" }], 413, "too_large"],
    ["a field that takes no files", [{ ...photo(), name: "title" }], 415, "unsupported_media_type"],
    ["a field that is not there", [{ ...photo(), name: "nobody" }], 415, "unsupported_media_type"],
    ["a field inside of the right one", [{ ...photo(), name: "photos[0]" }], 415, "unsupported_media_type"],
    ["a name that reaches for a prototype", [{ ...photo(), name: "__proto__" }], 415, "unsupported_media_type"],
    ["the seal", [{ ...photo(), name: "state" }], 415, "unsupported_media_type"],
    ["a name of 64 KB", [photo(png(50), `${"x".repeat(65_536)}.png`)], 400, "malformed"],
  ];

  it.each(REFUSED)("has %s: nothing of the call stays", async (_what, parts, status, code) => {
    const stage = await openAlbum();
    const answer = await stage.post(await stage.mount("album"), "submit", [photo(png(60), "ok.png"), ...parts]);
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
    expect([stage.files(), stage.journal.ran]).toEqual([[], []]);
    expect((await stage.post(await stage.mount("album"), "submit", [title("Sea"), photo()])).status).toBe(200);
  });

  it("is one too many over several calls: said beside the field until one is taken out", async () => {
    const stage = await openAlbum();
    const two = await withPhoto(stage, photo(), photo());
    const four = await stage.post(two, "upload", [{ name: "_field", value: "photos" }, photo(), photo()]);
    expect(messagesIn(four.body)).toEqual({ photos: ["At most 3 files."] });
    const refused = await stage.send(held(four), "submit", { title: "Sea" });
    expect([refused.status, refused.fields]).toEqual([422, { photos: ["At most 3 files."] }]);
    const [{ key } = { key: "" }] = filesListed(refused.html);
    const three = await stage.send(refused, "remove_file", { _field: "photos", _key: key, title: "Sea", _form: "1" });
    expect((await stage.send(three, "submit", { title: "Sea" })).status).toBe(200);
  });

  it("of 6 MB where 5 MB may come is refused before all of it was read", async () => {
    const stage = await openAlbum();
    const answer = await stage.post(await stage.mount("album"), "upload", [photo(png(6_000_000))]);
    expect([answer.status, codeOf(answer)]).toEqual([413, "too_large"]);
    expect(stage.taken()).toBeLessThan(5_000_001);
    expect(stage.files()).toEqual([]);
  });

  it("of 2 GB is refused while it is being sent, and the connection closed", async () => {
    const stage = await openAlbum();
    const { state } = await stage.mount("album");
    const { socket, closed, received, write } = stage.http.socket();
    write(requestHead(stage, "upload", 2_000_000_000));
    write(
      multipart([{ name: "state", value: state }])
        .toString()
        .replace(LAST_EDGE, "") + partHead(photo()),
    );
    socket.write(png(100));
    const megabyte = Buffer.alloc(1_000_000);
    let sent = 0;
    while (received() === "" && sent < 2000) {
      sent += 1;
      if (!socket.write(megabyte)) await new Promise((resume) => socket.once("drain", resume));
      await turn();
    }
    expect(received()).toMatch(/^HTTP\/1\.1 413 /);
    expect(sent).toBeLessThan(100);
    // So that a browser gets to see the answer, the rest is passed over for a moment.
    stage.clock.advance(2000);
    await closed;
    expect(stage.taken()).toBeLessThan(5_000_001);
    expect(stage.files()).toEqual([]);
  });

  it("breaks off half-way: nothing stays", async () => {
    const stage = await openAlbum();
    const { state } = await stage.mount("album");
    const { socket, write } = stage.http.socket();
    write(requestHead(stage, "upload", 1_000_000));
    write(
      multipart([{ name: "state", value: state }])
        .toString()
        .replace(LAST_EDGE, "") + partHead(photo()),
    );
    socket.write(png(200_000));
    await expect.poll(() => stage.files().length).toBe(1);
    await expect.poll(() => stage.taken()).toBeGreaterThan(100_000);
    socket.destroy();
    await expect.poll(() => stage.files()).toEqual([]);
    await expect.poll(() => stage.log.at("info").map(({ fields }) => fields.code)).toContain("malformed");
    expect(stage.log.at("error")).toEqual([]);
  });

  it("never ends: after its time the call is over and nothing stays", async () => {
    const stage = await openAlbum({ limits: { bodyMs: 4000 } });
    const { write, closed, received } = stage.http.socket();
    write(requestHead(stage, "upload", 1_000_000) + partHead(photo()));
    await expect.poll(() => stage.clock.pending()).toBe(1);
    stage.clock.advance(4000);
    await closed;
    expect(received()).toMatch(/^HTTP\/1\.1 408 /);
    expect(stage.files()).toEqual([]);
  });

  it("is one of 10,000 parts of nearly nothing: refused after the first few thousand", async () => {
    const stage = await openAlbum();
    const { state } = await stage.mount("album");
    const many = Array.from({ length: 10_000 }, (_, index) => ({ name: `f${index}`, value: "" }));
    const answer = await stage.post({ component: "album", state }, "upload", many);
    expect([answer.status, codeOf(answer)]).toEqual([400, "malformed"]);
    const empty = await stage.post(
      { component: "album", state },
      "upload",
      many.map(() => ({ ...photo(""), file: "" })),
    );
    expect([empty.status, codeOf(empty)]).toEqual([400, "malformed"]);
    expect(stage.files()).toEqual([]);
  });
});

function requestHead({ prefix }: AlbumStage, event: string, length: number): string {
  return (
    `POST ${prefix}/album/${event} HTTP/1.1\r\nHost: x\r\nHX-Request: true\r\nx-user: ann\r\n` +
    `Content-Type: ${MULTIPART["Content-Type"]}\r\nContent-Length: ${length}\r\n\r\n`
  );
}

describe("files of a call that fails leave nothing", () => {
  it.each([
    ["Broken", 500, "internal"],
    ["Forbidden", 403, "forbidden"],
  ])("when the handler fails: %s", async (name, status, code) => {
    const stage = await openAlbum();
    const album = await withPhoto(stage);
    const before = stage.files();
    const answer = await stage.post(album, "submit", [title(name), photo(png(20), "b.png")]);
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
    // The page still shows the one that came before.
    expect(stage.files()).toEqual(before);
    expect((await stage.post(album, "submit", [title("Sea")])).status).toBe(200);
  });

  it("when the seal is not one, is missing, or is somebody else's", async () => {
    const stage = await openAlbum();
    const { state } = await stage.mount("album", {}, "bob");
    const answers = [
      await stage.post({ component: "album", state: "nonsense" }, "submit", [title("Sea"), photo()]),
      await stage.post({ component: "album", state }, "submit", [title("Sea"), photo()]),
      await stage.post(await stage.mount("desk"), "add", [photo()]),
      await stage.post({ ...(await stage.mount("desk")), component: "album" }, "submit", [title("Sea"), photo()]),
      await stage.post(await stage.mount("album"), "submit", [title("Sea"), photo(), { name: "state", value: "x" }]),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 415, 400, 400]);
    expect(stage.files()).toEqual([]);
  });

  it("when the event is not one that takes files", async () => {
    const stage = await openAlbum();
    const answer = await stage.post(await stage.mount("album"), "tidy", [photo()]);
    expect([answer.status, stage.files()]).toEqual([200, []]);
  });

  it("when nobody knows the component or the event", async () => {
    const stage = await openAlbum();
    const album = await stage.mount("album");
    const answers = [
      await stage.post(album, "nothing", [photo()]),
      await stage.post({ ...album, component: "nobody" }, "submit", [photo()]),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
    expect([stage.files(), stage.taken()]).toEqual([[], 0]);
  });

  it("when the store is down: 503, and what it said stays on the server", async () => {
    const stage = await openAlbum();
    const album = await withPhoto(stage);
    const place = join(stage.folder, "a-file");
    writeFileSync(place, "");
    const broken = await openAlbum({ folder: place });
    const answer = await broken.post(await broken.mount("album"), "submit", [title("Sea"), photo()]);
    expect([answer.status, codeOf(answer), answer.headers["retry-after"]]).toEqual([503, "unavailable", "5"]);
    expect(answer.body).not.toContain(place);
    const late = await broken.post({ ...album, component: "album" }, "submit", [title("Sea")]);
    expect([late.status, codeOf(late)]).toEqual([503, "unavailable"]);
    expect(broken.journal.ran).toEqual([]);
    expect((await broken.send(await broken.mount("desk"), "add", { by: 1 })).status).toBe(200);
  });
});

describe("what a sender says about a file", () => {
  it.each([
    ["../../x.png", "x.png"],
    ["..\\..\\x.png", "x.png"],
    ["/etc/passwd", "passwd"],
    ["C:\\\\fakepath\\\\x.png", "x.png"],
    ["..", ""],
    ["<img src=x onerror=alert(1)>.png", "<img src=x onerror=alert(1)>.png"],
    ["%22%3E<b>.png", '"%3E<b>.png'],
    ["a\tb\u202e.png", "ab.png"],
    ["größe.png", "größe.png"],
    [`${"n".repeat(300)}.png`, "n".repeat(255)],
  ])("is for people only: %j", async (sent, shown) => {
    const stage = await openAlbum();
    const answer = await stage.post(await stage.mount("album"), "upload", [photo(png(20), sent)]);
    expect([answer.status, filesListed(answer.body).map(({ name }) => name)]).toEqual([200, [shown]]);
    expect(load(answer.body)("img, b").length).toBe(0);
    expect(stage.files()).toEqual([expect.stringMatching(/^pending\/[a-z0-9]{26}$/)]);
    expect(existsSync(join(stage.folder, "..", "x.png"))).toBe(false);
    const [{ url } = { url: "" }] = filesListed(answer.body);
    const fetched = await stage.http.request({ path: url, headers: { "x-user": "ann" } });
    expect(fetched.headers["content-disposition"]).toMatch(
      /^attachment; filename="file"; filename\*=UTF-8''[\w%.~!$&+^`|-]*$/,
    );
  });

  it("cannot be put into a form as data", async () => {
    const stage = await openAlbum();
    const bobs = await stage.mount("album", {}, "bob");
    const sent = await stage.post(bobs, "upload", [photo(png(20), "secret.png")], { "x-user": "bob" });
    const [{ key, url } = { key: "", url: "" }] = filesListed(sent.body);
    const file = { key, name: "x.png", size: 1, type: "image/png", claimed: true };
    const album = await stage.mount("album");
    for (const photos of [
      { photos: [file] },
      { photos: file },
      { photos: key },
      { "photos[]": [file] },
      { "photos[0]": file },
      { "photos[0][key]": key, "photos[0][name]": "x" },
      { "photos.key": key },
      { "photos[0].key": key },
      { photos: { 0: file, length: 1 } },
    ]) {
      const answer = await stage.send(album, "submit", { title: "Sea", ...photos });
      expect([photos, answer.status, answer.fields]).toEqual([photos, 422, { photos: ["Add a photo"] }]);
      expect(filesListed(answer.html)).toEqual([]);
    }
    const form = [title("Sea"), { name: "photos", value: key }, { name: "photos[0][key]", value: key }];
    expect((await stage.post(album, "submit", form)).status).toBe(422);
    const removed = await stage.send(album, "remove_file", { _field: "photos", _key: key });
    expect([removed.status, stage.files()]).toEqual([200, [join("pending", key)]]);
    for (const [user, status] of [
      ["ann", 400],
      ["bob", 200],
    ] as const) {
      const fetched = await stage.http.request({ path: url, headers: { "x-user": user } });
      expect(fetched.status).toBe(status);
    }
    expect(stage.journal.ran).toEqual([]);
  });
});
