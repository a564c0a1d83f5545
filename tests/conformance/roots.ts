import { load } from "cheerio";
import { expect } from "vitest";
import type { Audit, Chapter } from "./audit.js";

/** The attributes of a root, in the order and spelling of the protocol; the seal and revision stand for themselves. */
const ROOT = new RegExp(
  '^<section id="c-desk" data-component="desk" data-rev="(\\d+)" ' +
    'hx-vals:inherited="\\{&quot;state&quot;:&quot;([A-Za-z0-9_-]+)&quot;\\}" ' +
    'hx-target:inherited="closest \\[data-component\\]" hx-swap:inherited="outerMorph" ' +
    'hx-sync:inherited="closest \\[data-component\\]:queue all" ' +
    'hx-indicator:inherited="closest \\[data-component\\]" class="desk" data-said="">',
);

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

const every: Audit[] = [
  {
    id: "C2.1",
    must: "the root carries exactly the attributes of the protocol, HTML-escaped, on one line",
    async run(open) {
      const stage = await open();
      const answer = await stage.send(await stage.mount("desk"), "add", { by: 1 });
      const [, , seal] = ROOT.exec(answer.html) ?? [];
      expect(seal).toBe(answer.state);
    },
  },
  {
    id: "C2.2",
    must: "the error place is added as the root's first child where the template has none",
    async run(open) {
      const stage = await open();
      const { html } = await stage.send(await stage.mount("desk"), "add", { by: 1 });
      expect(html).toMatch(/data-said=""><div data-component-error aria-live="polite"><\/div>/);
    },
  },
  {
    id: "C2.3",
    must: "a template's own error place is used, and no second one is added",
    async run(open) {
      const stage = await open();
      const { html } = await stage.mount("kiosk");
      expect(count(html, "data-component-error")).toBe(1);
      expect(load(html)("[data-component-error]").prop("tagName")).toBe("FOOTER");
    },
  },
  {
    id: "C2.4",
    must: "the seal stands once per instance on the root, and as a hidden field in every real form",
    async run(open) {
      const stage = await open();
      const answer = await stage.send(await stage.mount("desk"), "add", { by: 1 });
      const $ = load(answer.html);
      const forms = $("form");
      expect(forms.length).toBe(1);
      expect(forms.find('input[type="hidden"][name="state"]').attr("value")).toBe(answer.state);
      expect(count(answer.html, answer.state)).toBe(2);
      const { html, state } = await stage.mount("kiosk");
      expect(count(html, state)).toBe(1);
    },
  },
  {
    id: "C2.5",
    must: "data-rev grows with every render, and a later mount of the same id starts higher",
    async run(open) {
      const stage = await open();
      const revOf = ({ html }: { readonly html: string }) => Number(load(html)("[data-rev]").first().attr("data-rev"));
      const mounted = await stage.mount("desk");
      const first = await stage.send(mounted, "add", { by: 1 });
      const second = await stage.send(first, "add", { by: 1 });
      expect([revOf(first), revOf(second)]).toEqual([revOf(mounted) + 1, revOf(mounted) + 2]);
      stage.clock.advance(1000);
      expect(revOf(await stage.mount("desk"))).toBeGreaterThan(revOf(second));
    },
  },
  {
    id: "C2.6",
    must: "the seal is opaque text of canonical base64url and never twice the same",
    async run(open) {
      const stage = await open();
      const desk = await stage.mount("desk", { start: 271_828 });
      const seals = [
        desk.state,
        (await stage.send(desk, "add", { by: 1 })).state,
        (await stage.send(desk, "add", { by: 1 })).state,
      ];
      for (const seal of seals) {
        expect(Buffer.from(seal, "base64url").toString("base64url")).toBe(seal);
        expect(Buffer.from(seal, "base64url").toString("latin1")).not.toContain("271828");
      }
      expect(new Set(seals).size).toBe(3);
    },
  },
  {
    id: "C2.7",
    must: "a child has a root, an id below its parent's and a seal of its own; a kept child comes as a stand-in",
    async run(open) {
      const stage = await open();
      const shelf = await stage.mount("shelf");
      const child = load(shelf.html)('[id="c-shelf__inner"]');
      expect(child.attr("data-component")).toBe("desk");
      const { state } = JSON.parse(child.attr("hx-vals:inherited") ?? "{}") as { state: string };
      const inner = { component: "desk", component_id: "c-shelf__inner", state };
      expect(load((await stage.send(inner, "add", { by: 2 })).html)("output").text()).toBe("5");
      const renamed = await stage.send(shelf, "rename", { label: "mine" });
      expect(renamed.html).toContain('<section id="c-shelf__inner" data-keep></section>');
      expect(renamed.html).toContain('<div id="c-shelf__later" data-keep></div>');
    },
  },
  {
    id: "C2.8",
    must: "new content for the slot of a kept child comes as one flat partial for that slot",
    async run(open) {
      const stage = await open();
      const renamed = await stage.send(await stage.mount("shelf"), "rename", { label: "<mine>" });
      expect(renamed.partials).toEqual([
        { target: "c-shelf__tray--default", swap: "innerMorph", html: "<b>&lt;mine&gt;</b>" },
        { target: "c-shelf__tray--foot", swap: "innerMorph", html: "<i>foot</i>" },
      ]);
    },
  },
];

export const roots: Chapter = { every, http: [] };
