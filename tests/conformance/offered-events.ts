import { load } from "cheerio";
import { AllowAny, type PermissionRule } from "hydrant";
import { expect } from "vitest";
import type { Audit, Open } from "./audit.js";
import { albumClass, OwnerOrReadOnly, ReadOnly } from "./fixtures/album.js";
import type { Reply, Stage } from "./stage.js";

const EVENTS = ["remove", "rename", "add", "stamp", "close"] as const;
const PAYLOADS: Readonly<Record<string, Readonly<Record<string, string>>>> = { remove: { id: "5" } };

async function openAlbum(open: Open, permissions: PermissionRule = AllowAny) {
  const ran: string[] = [];
  const people = { ann: {}, staff: { isStaff: true }, editor: { permissions: ["album.rename"] } };
  const stage = await open({ components: { album: albumClass(ran, permissions) }, people });
  return { stage, ran };
}

/** Events that a render offers; the others must stand there as refused, and `can()` must say the same. */
function offeredIn({ html }: { readonly html: string }): string[] {
  const $ = load(html);
  const offered = EVENTS.filter((event) => {
    const button = $(`button[data-for="${event}"]`);
    const address = button.attr("hx-post") ?? button.attr("formaction");
    const isRefused = button.attr("disabled") !== undefined && button.attr("data-refused") === "";
    expect([event, address !== undefined]).toEqual([event, !isRefused]);
    return !isRefused;
  });
  expect(
    $("i")
      .toArray()
      .map((one) => $(one).text()),
  ).toEqual(offered);
  return offered;
}

/** Sends every event, and which of them ran; the others must be refused. */
async function runnable(stage: Stage, from: Reply, user: string, ran: string[]): Promise<string[]> {
  const admitted: string[] = [];
  for (const event of EVENTS) {
    ran.length = 0;
    const reply = await stage.send(from, event, PAYLOADS[event] ?? {}, { user });
    expect([event, reply.status, ran.length]).toEqual([
      event,
      ran.length === 0 ? 403 : 200,
      reply.status === 200 ? 1 : 0,
    ]);
    if (reply.status === 200) admitted.push(event);
  }
  return admitted;
}

/** What is offered must be what runs. */
async function expectOffered(stage: Stage, ran: string[], user: string, events: readonly string[]): Promise<void> {
  const album = await stage.ask("album", {}, user);
  // In a whole page, too, where buttons work without JavaScript.
  expect([user, offeredIn(await stage.mount("album", {}, user))]).toEqual([user, events]);
  expect([user, album.status, offeredIn(album)]).toEqual([user, 200, events]);
  expect([user, await runnable(stage, album, user, ran)]).toEqual([user, events]);
}

export const offeredEvents: Audit[] = [
  {
    id: "P8.13",
    must: "a render offers exactly the events that would run for the one who gets it",
    async run(open) {
      const { stage, ran } = await openAlbum(open);
      await expectOffered(stage, ran, "ann", ["add", "close"]);
      await expectOffered(stage, ran, "staff", ["remove", "add", "stamp", "close"]);
      await expectOffered(stage, ran, "editor", ["rename", "add", "close"]);
    },
  },
  {
    id: "P8.14",
    must: "where a component's permissions answer otherwise about events than about mounts, it offers what they let through",
    async run(open) {
      const readOnly = await openAlbum(open, ReadOnly);
      await expectOffered(readOnly.stage, readOnly.ran, "ann", []);
      await expectOffered(readOnly.stage, readOnly.ran, "staff", ["remove", "add", "stamp", "close"]);
      const owned = await openAlbum(open, OwnerOrReadOnly);
      await expectOffered(owned.stage, owned.ran, "ann", ["add", "close"]);
      await expectOffered(owned.stage, owned.ran, "staff", []);
    },
  },
  {
    id: "P8.15",
    must: "what an event leads to decides what the answer to it offers",
    async run(open) {
      const { stage } = await openAlbum(open);
      const album = await stage.ask("album", {}, "ann");
      expect(offeredIn(album)).toEqual(["add", "close"]);
      const closed = await stage.send(album, "close");
      expect(offeredIn(closed)).toEqual(["close"]);
      expect((await stage.send(closed, "add")).code).toBe("forbidden");
    },
  },
  {
    id: "P8.16",
    must: "rights that were taken away hold for pages from before, and the next render offers less; new rights, more",
    async run(open) {
      const { stage, ran } = await openAlbum(open);
      const album = await stage.ask("album", {}, "ann");
      stage.people.ann = { isStaff: true };
      const more = await stage.send(album, "close");
      expect(offeredIn(more)).toEqual(["remove", "stamp", "close"]);
      expect((await stage.send(album, "remove", { id: 5 })).status).toBe(200);
      stage.people.ann = {};
      ran.length = 0;
      const late = await stage.send(more, "remove", { id: 5 });
      expect([late.status, late.html, ran]).toEqual([403, "", []]);
      expect(offeredIn(await stage.send(more, "close"))).toEqual(["close"]);
    },
  },
];
