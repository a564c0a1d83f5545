import { load } from "cheerio";
import { and, IsAuthenticated, not } from "hydrant";
import { memoryLimitStore } from "hydrant/limits";
import { expect } from "vitest";
import { FORM, formBody } from "../support/http.js";
import type { Audit, Chapter, Open } from "./audit.js";
import { frameClass, IsItsReader, IsReader, type NewsOptions, newsClass, Wall } from "./fixtures/news.js";
import { outputIn } from "./html.js";
import { from, heldIn, pagePath } from "./koa-door.js";
import type { HttpStage, People, Reply, Stage } from "./stage.js";

async function openNews<S extends Stage>(open: Open<S>, more: NewsOptions = {}, people: People = {}) {
  const ran: string[] = [];
  const components = { news: newsClass(ran, more), frame: frameClass(ran), wall: Wall };
  const stage = await open({ components, people, limitStore: memoryLimitStore() });
  return { stage, ran };
}

async function numbers(stage: Stage, asked: readonly (readonly [topic: string, user: string])[]): Promise<string[]> {
  const all: string[] = [];
  for (const [topic, user] of asked) all.push(outputIn(await stage.ask("news", { topic }, user)));
  return all;
}

function withoutSeal({ html, state, ...reply }: Reply): object {
  return { ...reply, html: html.replaceAll(state, "") };
}

function offersRemove({ html }: { readonly html: string }): boolean {
  const button = load(html)('[data-for="remove"]');
  expect(button.length).toBe(1);
  return button.attr("data-refused") === undefined;
}

const every: Audit[] = [
  {
    id: "K12.1",
    must: "what a mount showed is shown again until its seconds are over, then made anew",
    async run(open) {
      const { stage, ran } = await openNews(open);
      const first = await stage.ask("news");
      stage.clock.advance(29_999);
      const again = await stage.ask("news");
      expect(withoutSeal(again)).toEqual(withoutSeal(first));
      expect(ran).toEqual(["mount world"]);
      stage.clock.advance(1);
      expect(outputIn(await stage.ask("news"))).toBe("2");
      expect(outputIn(await stage.ask("news"))).toBe("2");
      expect(ran).toEqual(["mount world", "mount world"]);
    },
  },
  {
    id: "K12.2",
    must: "for other params and other people it is made for them, also for visitors",
    async run(open) {
      const { stage } = await openNews(open);
      const asked = [
        ["world", "ann"],
        ["sports", "ann"],
        ["world", "bob"],
        ["world", ""],
        ["world", "ann"],
        ["sports", "ann"],
        ["world", "bob"],
        ["world", ""],
      ] as const;
      expect(await numbers(stage, asked)).toEqual(["1", "2", "3", "4", "1", "2", "3", "4"]);
    },
  },
  {
    id: "K12.3",
    must: "what else it depends on may be named as fields of the caller, whatever these hold",
    async run(open) {
      const { stage } = await openNews(open, { cache: { seconds: 30, vary: ["user"] } });
      const seen = [];
      for (const rights of [{}, { isStaff: true }, { permissions: ["a"] }, { permissions: ["b"] }, {}]) {
        stage.people.ann = rights;
        seen.push(outputIn(await stage.ask("news")));
      }
      expect(seen).toEqual(["1", "2", "3", "4", "1"]);
    },
  },
  {
    id: "K12.4",
    must: "what else it depends on may be a function of the caller",
    async run(open) {
      const vary = ({ user }: { user: { isStaff?: boolean } | null }) => String(user?.isStaff);
      const { stage } = await openNews(open, { cache: { seconds: 30, vary } });
      const seen = [];
      for (const rights of [{}, { isStaff: true }, { permissions: ["a"] }, { isStaff: true, permissions: ["b"] }]) {
        stage.people.ann = rights;
        seen.push(outputIn(await stage.ask("news")));
      }
      expect(seen).toEqual(["1", "2", "1", "2"]);
    },
  },
  {
    id: "K12.5",
    must: "permissions that judge the instance are asked again, with the caller as he is now",
    async run(open) {
      for (const permissions of [IsReader, IsItsReader, and(IsAuthenticated, not(not(IsItsReader)))]) {
        const { stage, ran } = await openNews(open, { permissions }, { ann: { permissions: ["world"] } });
        expect((await stage.ask("news")).status).toBe(200);
        stage.people.ann = {};
        const refused = await stage.ask("news");
        expect([refused.status, refused.html]).toEqual([403, ""]);
        stage.people.ann = { permissions: ["world"] };
        expect((await stage.ask("news")).status).toBe(200);
        expect(ran.length).toBe(1);
      }
    },
  },
  {
    id: "K12.6",
    must: "when rights to its events have changed it is made anew and offers what may be sent now",
    async run(open) {
      const { stage } = await openNews(open);
      const seen = [];
      for (const rights of [{}, {}, { isStaff: true }, { isStaff: true }, {}]) {
        stage.people.ann = rights;
        const news = await stage.ask("news");
        seen.push([outputIn(news), offersRemove(news)]);
      }
      expect(seen).toEqual([
        ["1", false],
        ["1", false],
        ["2", true],
        ["2", true],
        ["3", false],
      ]);
    },
  },
  {
    id: "K12.7",
    must: "events are never answered from it, and work on what was shown from it",
    async run(open) {
      const { stage } = await openNews(open);
      await stage.ask("news");
      const news = await stage.ask("news");
      const read = await stage.send(news, "read");
      const twice = await stage.send(read, "read");
      expect([outputIn(read), outputIn(twice), outputIn(await stage.send(news, "read"))]).toEqual([
        "101",
        "201",
        "101",
      ]);
      expect(outputIn(await stage.ask("news"))).toBe("1");
    },
  },
  {
    id: "K12.8",
    must: "what holds other components, or something in a slot, is made every time",
    async run(open) {
      const { stage, ran } = await openNews(open);
      for (let n = 0; n < 2; n++) await stage.ask("frame", { holds: "news" });
      for (let n = 0; n < 2; n++) expect((await stage.mount("wall")).html).toContain("<b>mine</b>");
      expect(ran.filter((step) => step === "frame")).toHaveLength(4);
      // With neither it is kept.
      for (let n = 0; n < 2; n++) await stage.ask("frame", {});
      expect(ran.filter((step) => step === "frame")).toHaveLength(5);
    },
  },
  {
    id: "K12.9",
    must: "a redirect and a failure are not kept",
    async run(open) {
      const { stage, ran } = await openNews(open);
      const broken = [await stage.ask("news", { topic: "broken" }), await stage.ask("news", { topic: "broken" })];
      expect(broken.map(({ status }) => status)).toEqual([500, 200]);
      ran.length = 0;
      for (let n = 0; n < 2; n++) expect((await stage.ask("news", { topic: "gone" })).redirect).toBe("/archive");
      expect(ran).toEqual(["mount gone", "mount gone"]);
    },
  },
  {
    id: "K12.10",
    must: "a mount that is shown again counts against the limits like any other",
    async run(open) {
      const { stage, ran } = await openNews(open, { limits: "2/min" });
      const statuses = [];
      for (let n = 0; n < 3; n++) statuses.push((await stage.ask("news")).status);
      expect([statuses, ran.length]).toEqual([[200, 200, 429], 1]);
    },
  },
  {
    id: "K12.11",
    must: "a component whose state lies in the store is made every time, because its state is one instance's",
    async run(open) {
      const { stage, ran } = await openNews(open, { storage: "store" });
      const [one, other] = [await stage.ask("news"), await stage.ask("news")];
      await stage.send(one, "read");
      expect(outputIn(await stage.send(other, "read"))).toBe("102");
      expect(ran.length).toBe(2);
    },
  },
  {
    id: "K12.12",
    must: "every time it is shown it gets a seal of its own, and every one of them works",
    async run(open) {
      const { stage } = await openNews(open);
      const seals = [];
      for (let n = 0; n < 3; n++) {
        const news = await stage.ask("news");
        expect(news.html).toContain(news.state);
        expect(outputIn(await stage.send(news, "read"))).toBe("101");
        seals.push(news.state);
      }
      expect(new Set(seals).size).toBe(3);
    },
  },
  {
    id: "K12.13",
    must: "a mount that asked for more than to be shown is made every time",
    async run(open) {
      const { stage, ran } = await openNews(open);
      for (let n = 0; n < 2; n++) expect((await stage.ask("news", { topic: "loud" })).trigger).toEqual({ loud: {} });
      expect(ran.length).toBe(2);
    },
  },
  {
    id: "K12.14",
    must: "it is not shown for longer than its seal is valid",
    async run(open) {
      const { stage } = await openNews(open, { cache: { seconds: 86_400 * 2 } });
      await stage.ask("news");
      stage.clock.advance(86_400_000);
      expect((await stage.send(await stage.ask("news"), "read")).status).toBe(200);
    },
  },
];

const http: Audit<HttpStage>[] = [
  {
    id: "K12.20",
    must: "without JavaScript a button pressed again in a page that was asked for again is pressed again",
    async run(open) {
      const { stage, ran } = await openNews(open, {}, { ann: { isStaff: true } });
      for (let n = 1; n <= 2; n++) {
        const { state } = await stage.mount("news");
        const headers = { ...from("ann"), ...FORM, Accept: "text/html" };
        const path = `${stage.prefix}/news/remove`;
        await stage.http.request({ method: "POST", path, headers, body: formBody({ state }) });
        expect(ran.filter((step) => step === "remove")).toHaveLength(n);
      }
      expect(ran.filter((step) => step === "mount world")).toHaveLength(1);
    },
  },
  {
    id: "K12.21",
    must: "a page shows what is kept for it, each page its own",
    async run(open) {
      const { stage, ran } = await openNews(open);
      const pages = [{ topic: "world" }, { topic: "sports" }, { topic: "world" }, { topic: "sports" }];
      const seen = [];
      for (const args of pages) {
        const path = pagePath([{ name: "news", args }]);
        const page = await stage.http.request({ path, headers: from("ann") });
        seen.push(outputIn(heldIn(page.body, "news")));
        expect(load(page.body)("#c-news form[method=post] [name=_page]").attr("value")).toBe(path);
      }
      expect([seen, ran.length]).toEqual([["1", "2", "1", "2"], 2]);
    },
  },
  {
    id: "K12.22",
    must: "what was made for a page is not given to htmx as a fragment, nor the other way round",
    async run(open) {
      const { stage, ran } = await openNews(open);
      const page = await stage.mount("news");
      const fragment = await stage.ask("news", { topic: "world" });
      expect([page.html.includes("formaction="), fragment.html.includes("formaction=")]).toEqual([true, false]);
      expect(ran.length).toBe(2);
    },
  },
];

export const keptMounts: Chapter = { every, http };
