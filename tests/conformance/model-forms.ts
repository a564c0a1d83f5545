import { load } from "cheerio";
import { expect } from "vitest";
import { enteredIn, messagesIn } from "../support/form-html.js";
import type { Audit } from "./audit.js";
import { forms } from "./fixtures/forms.js";
import { profilesOf } from "./fixtures/profile.js";
import { rememberedBy } from "./form-memory.js";
import type { Held, Stage } from "./stage.js";

const WITH_FORMS = { also: forms } as const;
const STANDS = { name: "Ann Archer", motto: "", nick: "Archie", age: "40", born: "1986-05-04", public: "on", pin: "" };
const WRITTEN = { ...STANDS, name: "Ann Baker", motto: "On", age: "41" };

function recordOf({ journal }: Stage, id = 1) {
  const found = profilesOf(journal).rows.get(id);
  if (found === undefined) throw new Error(`there is no record ${id}`);
  return found;
}

/** Another person writes the record meanwhile. */
async function changeMeanwhile({ journal }: Stage, changes: object): Promise<void> {
  const profiles = profilesOf(journal);
  const version = profiles.rows.get(1)?.version ?? 0;
  await profiles.save(1, changes, version);
}

/** What the template shows of the record as it stands now, by field. */
function conflictsIn({ html }: Pick<Held, "html">): Record<string, string> {
  const $ = load(html);
  const all = $("[data-conflict]").toArray();
  return Object.fromEntries(all.map((one) => [$(one).attr("data-conflict") ?? "", $(one).text()]));
}

async function mountCode({ server }: Stage, id: unknown, user: string | null): Promise<unknown> {
  const caller = { user: user === null ? null : { id: user }, session: "s" };
  return server.mount({ component: "profile", params: { id }, caller }).then(
    ({ status }) => status,
    (error: { code: string }) => error.code,
  );
}

export const everyModelForm: Audit[] = [
  {
    id: "F9.40",
    must: "a form of a record begins with what stands there and saves what the schema made of it, and nothing else",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const profile = await stage.mount("profile", { id: 1 });
      expect(enteredIn(profile.html)).toEqual(STANDS);
      const saved = await stage.send(profile, "submit", { ...WRITTEN, public: undefined });
      expect([saved.status, enteredIn(saved.html)]).toEqual([200, { ...WRITTEN, public: undefined }]);
      expect(profilesOf(stage.journal).saved).toEqual([
        {
          name: "Ann Baker",
          motto: "On",
          nick: "Archie",
          age: 41,
          born: new Date("1986-05-04T00:00:00Z"),
          public: false,
        },
      ]);
      const again = await stage.send(saved, "submit", { ...WRITTEN, motto: "" });
      expect(again.status).toBe(200);
      expect(recordOf(stage)).toMatchObject({ version: 3, record: { motto: null, public: true, pin: "1111" } });
      expect(stage.journal.ran).toEqual(["saved", "saved"]);
    },
  },
  {
    id: "F9.41",
    must: "what does not pass the schema is 422 and saves nothing",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const profile = await stage.mount("profile", { id: 1 });
      const answer = await stage.send(profile, "submit", { ...WRITTEN, age: "0", name: "" });
      expect([answer.status, messagesIn(answer.html)]).toEqual([
        422,
        { name: ["Write a name"], age: ["At least one"] },
      ]);
      expect(recordOf(stage).version).toBe(1);
    },
  },
  {
    id: "F9.42",
    must: "who saves over another's change gets 409 with both values, and sending again saves",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const profile = await stage.mount("profile", { id: 1 });
      await changeMeanwhile(stage, { name: "Ann Cook", age: 50 });
      const conflict = await stage.send(profile, "submit", WRITTEN);
      expect([conflict.status, conflict.code]).toEqual([409, "state_conflict"]);
      expect(enteredIn(conflict.html)).toEqual(WRITTEN);
      expect(conflictsIn(conflict)).toEqual({ name: "Ann Cook", motto: "", age: "50" });
      expect(recordOf(stage).record.name).toBe("Ann Cook");
      await changeMeanwhile(stage, { motto: "Later" });
      const second = await stage.send(conflict, "submit", WRITTEN);
      expect([second.status, conflictsIn(second)]).toEqual([409, { name: "Ann Cook", motto: "Later", age: "50" }]);
      const saved = await stage.send(second, "submit", WRITTEN);
      expect([saved.status, conflictsIn(saved), recordOf(stage).record.name]).toEqual([200, {}, "Ann Baker"]);
      expect(stage.journal.ran).toEqual(["saved"]);
    },
  },
  {
    id: "F9.43",
    must: "an expired form of a record shows what stands there now, so that nothing is overwritten unseen",
    async run(open) {
      const stage = await open({ ...WITH_FORMS, sealMs: 60_000 });
      const profile = await stage.mount("profile", { id: 1 });
      stage.clock.advance(60_000);
      await changeMeanwhile(stage, { motto: "Later" });
      const late = await stage.send(profile, "submit", { ...STANDS, name: "Ann Baker" });
      expect([late.status, late.code, enteredIn(late.html).name]).toEqual([409, "state_expired", "Ann Baker"]);
      expect(conflictsIn(late)).toEqual({ name: "Ann Archer", motto: "Later" });
    },
  },
  {
    id: "F9.44",
    must: "forged identities, versions and owners in a payload change nothing",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const profile = await stage.mount("profile", { id: 1 });
      const forged = {
        id: 2,
        _id: 2,
        owner: "bob",
        version: 7,
        conflicts: { x: "y" },
        params: { id: 2 },
      };
      const saved = await stage.send(profile, "submit", { ...WRITTEN, ...forged });
      expect(saved.status).toBe(200);
      expect(recordOf(stage)).toMatchObject({ version: 2, record: { id: 1, owner: "ann", name: "Ann Baker" } });
      expect(recordOf(stage, 2)).toMatchObject({ version: 1, record: { name: "Bob the secretive" } });
      const stale = await stage.send(profile, "submit", { ...WRITTEN, ...forged, version: 2 });
      expect(stale.status).toBe(409);
      expect((await rememberedBy(stage, saved)).formData).not.toHaveProperty("owner");
    },
  },
  {
    id: "F9.45",
    must: "a record of somebody else is 403 and shows nothing of it, when it is loaded and when it is saved",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const page = stage.server.page({
        caller: { user: { id: "ann" }, session: null },
        base: "/components",
        wholePage: true,
      });
      const { html } = await page.fill(String(page.component("profile", { id: 2 })));
      expect(html).toContain('data-refused="forbidden"');
      expect(html).not.toMatch(/secretive|1986|1111/);
      expect([await mountCode(stage, 2, "ann"), await mountCode(stage, 2, null)]).toEqual([
        "forbidden",
        "unauthenticated",
      ]);
      const profile = await stage.mount("profile", { id: 1 });
      Object.assign(recordOf(stage).record, { owner: "bob", motto: "secretive" });
      const answer = await stage.send(profile, "submit", WRITTEN);
      expect([answer.status, answer.code, answer.html]).toEqual([403, "forbidden", ""]);
      expect(JSON.stringify(answer)).not.toMatch(/secretive|1111/);
      const bobs = await stage.mount("profile", { id: 2 }, "bob");
      expect((await stage.send(bobs, "submit", WRITTEN)).status).toBe(400);
      expect(profilesOf(stage.journal).saved).toEqual([]);
    },
  },
  {
    id: "F9.46",
    must: "a record that is gone is 404, when it is loaded and when it is saved",
    async run(open) {
      const stage = await open(WITH_FORMS);
      expect([await mountCode(stage, 9, "ann"), await mountCode(stage, "nine", "ann")]).toEqual([
        "not_found",
        "invalid",
      ]);
      const profile = await stage.mount("profile", { id: 1 });
      profilesOf(stage.journal).rows.delete(1);
      const answer = await stage.send(profile, "submit", WRITTEN);
      expect([answer.status, answer.code]).toEqual([404, "not_found"]);
    },
  },
  {
    id: "F9.47",
    must: "a database that is down is 503, and what it said stays on the server",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const profile = await stage.mount("profile", { id: 1 });
      profilesOf(stage.journal).isDown = true;
      const answer = await stage.send(profile, "submit", WRITTEN);
      expect([answer.status, answer.code, JSON.stringify(answer).includes("db.internal")]).toEqual([
        503,
        "unavailable",
        false,
      ]);
      expect(await mountCode(stage, 1, "ann")).toBe("unavailable");
      profilesOf(stage.journal).isDown = false;
      expect((await stage.send(profile, "submit", WRITTEN)).status).toBe(200);
    },
  },
  {
    id: "F9.48",
    must: "a sensitive field of a record is saved when it was entered, and never shown",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const profile = await stage.mount("profile", { id: 1 });
      expect(profile.html).not.toContain("1111");
      const saved = await stage.send(profile, "submit", { ...WRITTEN, pin: "2468" });
      expect([saved.status, recordOf(stage).record.pin]).toEqual([200, "2468"]);
      const kept = await stage.send(saved, "submit", WRITTEN);
      expect([kept.status, recordOf(stage).record.pin]).toEqual([200, "2468"]);
      expect(JSON.stringify([saved, kept, await rememberedBy(stage, kept)])).not.toContain("2468");
    },
  },
  {
    id: "F9.49",
    must: "reset shows the record as it stands now",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const profile = await stage.mount("profile", { id: 1 });
      const typed = await stage.send(profile, "field_change", { ...WRITTEN, _field: "name", _form: "1" });
      await changeMeanwhile(stage, { age: 50 });
      const restored = await stage.send(typed, "restore");
      expect(enteredIn(restored.html)).toEqual({ ...STANDS, age: "50" });
      expect((await stage.send(restored, "submit", WRITTEN)).status).toBe(200);
    },
  },
  {
    id: "F9.50",
    must: "a field that was emptied is empty in the record too, and one that was not sent stays as it is",
    async run(open) {
      const stage = await open(WITH_FORMS);
      const profile = await stage.mount("profile", { id: 1 });
      const { nick: _nick, ...others } = WRITTEN;
      const kept = await stage.send(profile, "submit", others);
      expect([kept.status, recordOf(stage).record.nick]).toEqual([200, "Archie"]);
      const emptied = await stage.send(kept, "submit", { ...WRITTEN, nick: "" });
      expect([emptied.status, recordOf(stage).record.nick]).toEqual([200, null]);
      expect(enteredIn(emptied.html)).toMatchObject({ nick: "" });
      const fresh = await stage.mount("profile", { id: 1 });
      const changed = await stage.send(fresh, "field_change", { nick: "", _field: "nick" });
      expect(messagesIn(changed.html)).toEqual({});
      expect(await rememberedBy(stage, changed)).toMatchObject({ isValid: true });
    },
  },
];
