import { expect } from "vitest";
import type { Audit } from "./audit.js";
import { textIn } from "./html.js";

/** Addresses that lead away, in every spelling browsers accept. */
const OFF_SITE = [
  "https://evil.example/",
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "\\/evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  "/\r\n/evil.example",
  "\t//evil.example",
  " //evil.example",
  "/.//evil.example",
  "/..//evil.example",
  "/x/..//evil.example",
  "/./\\evil.example",
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "java\nscript:alert(1)",
  "\u0001javascript:alert(1)",
  "data:text/html,x",
  "vbscript:x",
  "http:evil.example",
  "http:/evil.example",
  "next",
  "",
  "?x=1",
] as const;

export const everyEffect: Audit[] = [
  {
    id: "A3.23",
    must: "a redirect answers 200 with the path and no HTML",
    async run(open) {
      const stage = await open();
      const answer = await stage.send(await stage.mount("desk"), "go", { to: "/next?a=1#here" });
      expect([answer.status, answer.html, answer.state, answer.redirect]).toEqual([200, "", "", "/next?a=1#here"]);
    },
  },
  {
    id: "A3.24",
    must: "a redirect that would leave the site or run a script is refused",
    async run(open) {
      const stage = await open();
      const desk = await stage.mount("desk");
      for (const to of OFF_SITE) {
        const answer = await stage.send(desk, "go", { to });
        expect([to, answer.status, answer.redirect]).toEqual([to, 500, undefined]);
      }
    },
  },
  {
    id: "A3.26",
    must: "another instance that changed comes with the answer, as a whole root of its own",
    async run(open) {
      const stage = await open();
      const desk = await stage.mount("desk");
      const answer = await stage.send(desk, "ring", { rings: 3 });
      expect([answer.status, answer.partials.length]).toEqual([200, 1]);
      const [partial] = answer.partials;
      expect(partial).toMatchObject({ target: "c-bell", swap: "outerMorph" });
      expect(partial?.html).toMatch(/^<div id="c-bell" data-component="bell"/);
      expect(textIn({ html: partial?.html ?? "" }, "output")).toBe("3");
      expect(answer.html).not.toContain("c-bell");
    },
  },
  {
    id: "A3.27",
    must: "a DOM event comes with its name and detail",
    async run(open) {
      const stage = await open();
      const answer = await stage.send(await stage.mount("desk"), "announce", { name: "desk:said", detail: "é" });
      expect(answer.trigger).toEqual({ "desk:said": { detail: "é" } });
    },
  },
];
