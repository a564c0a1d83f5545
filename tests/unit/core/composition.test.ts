import { load } from "cheerio";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { html } from "../../../src/adapters/tagged/index.js";
import { Component, type SlotContent } from "../../../src/core/index.js";
import { caller, sealOf, send, serverWith } from "./boards.js";

describe("children in a template", () => {
  const server = serverWith();
  const mount = () => server.mount({ component: "board", id: "c-board", caller });

  it("are mounted with their own roots, seals and ids that follow from their place", async () => {
    const $ = load((await mount()).html);
    const roots = $("[data-component]")
      .map((_, root) => $(root).attr("id"))
      .get();
    expect(roots).toEqual(["c-board", "c-board__card", "c-board__a", "c-board__b"]);
    expect($("#c-board__a output").text()).toBe("5");
  });

  it("leave no mark of the server's in the page", async () => {
    expect((await mount()).html).not.toContain("<!--");
  });

  it("answer their own events without their parent", async () => {
    const board = await mount();
    const state = sealOf(board.html, "c-board__a");
    const answer = await send(server, "counter", "add", state);
    expect(load(answer.html)("output").text()).toBe("6");
    expect(answer.component_id).toBe("c-board__a");
  });

  it("keep their place, unrendered, when the parent renders again", async () => {
    const board = await mount();
    const answer = await send(server, "board", "write", board.state, { note: "new" });
    const $ = load(answer.html);
    expect($("#c-board__card").attr("data-keep")).toBe("");
    expect($("#c-board__card").prop("tagName")).toBe("ARTICLE");
    expect($("#c-board__card").html()).toBe("");
  });

  it("get the new content of their slots beside the parent's root", async () => {
    const board = await mount();
    const answer = await send(server, "board", "write", board.state, { note: "new" });
    const footer = answer.partials.find(({ target }) => target === "c-board__card--footer");
    expect(load(footer?.html ?? "")("input[name=note]").attr("value")).toBe("new");
    const counters = answer.partials.find(({ target }) => target === "c-board__card--default");
    expect(load(counters?.html ?? "")("#c-board__a").attr("data-keep")).toBe("");
  });

  it("that are new in a later render are mounted, those that are gone are left out", async () => {
    const board = await mount();
    const added = await send(server, "board", "add", board.state);
    const slot = () => load(added.partials.find(({ target }) => target.endsWith("--default"))?.html ?? "");
    expect(slot()("#c-board__k2 output").text()).toBe("5");
    const dropped = await send(server, "board", "drop", added.state, { key: "a" });
    const left = load(dropped.partials.find(({ target }) => target.endsWith("--default"))?.html ?? "");
    expect(
      left("[id^=c-board__]")
        .map((_, root) => left(root).attr("id"))
        .get(),
    ).toEqual(["c-board__b", "c-board__k2"]);
  });

  it("are mounted as new when one of the same key comes back after it was gone", async () => {
    const board = await mount();
    const dropped = await send(server, "board", "drop", board.state, { key: "a" });
    const again = await send(server, "board", "add", dropped.state);
    const slot = load(again.partials.find(({ target }) => target.endsWith("--default"))?.html ?? "");
    expect(slot("#c-board__k1 output").text()).toBe("5");
  });
});

describe("what stands in a slot", () => {
  const server = serverWith();

  it("belongs to the component whose template wrote it", async () => {
    const board = await server.mount({ component: "board", id: "c-board", caller });
    const wrapper = load(board.html)("#c-board__card--footer");
    expect(wrapper.attr("data-owner")).toBe("c-board");
    expect(wrapper.attr("hx-target:inherited")).toBe("#c-board");
    expect((JSON.parse(wrapper.attr("hx-vals:inherited") ?? "{}") as { state: string }).state).toBe(board.state);
    expect(wrapper.find("form").attr("action")).toBe("/components/board/write");
    expect(wrapper.find("input[name=state]").attr("value")).toBe(board.state);
  });

  it("is kept when the component around it answers an event of its own", async () => {
    const board = await server.mount({ component: "board", id: "c-board", caller });
    const answer = await send(server, "card", "fold", sealOf(board.html, "c-board__card"));
    const $ = load(answer.html);
    expect($("h2").text()).toBe("Board true");
    expect($("#c-board__card--footer").attr("data-keep")).toBe("");
    const again = await send(server, "card", "fold", answer.state);
    expect(load(again.html)("#c-board__card--default").attr("data-keep")).toBe("");
  });

  it("falls back to the template's own words when nobody fills it", async () => {
    const card = await server.mount({ component: "card", params: { title: "x" }, caller });
    expect(load(card.html)("footer").text()).toBe("nothing here");
  });

  it("is told in the answer by name", async () => {
    const slots: Record<string, SlotContent> = { footer: html`<b>hello</b>` };
    const card = await server.mount({ component: "card", params: { title: "x" }, slots, caller });
    expect(card.slots).toEqual({ footer: "<b>hello</b>" });
  });

  it("may be composed by the class, and grows with its children kept", async () => {
    const first = await server.mount({ component: "composer", id: "c-x", caller });
    expect(load(first.html)("#c-x__n0 output").text()).toBe("0");
    const second = await send(server, "composer", "more", first.state);
    const $ = load(second.html);
    expect($("#c-x__n0").attr("data-keep")).toBe("");
    expect($("#c-x__n1 output").text()).toBe("1");
    // Gone from the page and composed again, it is a new one: the page has nothing to keep.
    const third = await send(server, "composer", "fewer", second.state);
    const fourth = await send(server, "composer", "more", third.state);
    expect(load(fourth.html)("#c-x__n1 output").text()).toBe("1");
  });
});

describe("a refresh", () => {
  class Panel extends Component<{ n: number }> {
    static override readonly template = "panel";
    static override readonly events = { renew: z.object({ key: z.string() }) };
    override mount() {
      this.state = { n: 0 };
    }
    on_renew({ key }: { key: string }) {
      this.refresh({ key, component: "counter", params: { start: 77 } });
    }
  }
  const server = serverWith(
    { panel: Panel },
    { panel: ({ root, component }) => html`<div ${root()}>${component("counter", { key: "inner" })}</div>` },
  );
  const renew = async (key: string) => {
    const { state } = await server.mount({ component: "panel", id: "c-panel", caller });
    const answer = await send(server, "panel", "renew", state, { key });
    return answer.partials;
  };

  it.each([
    ["a child of the instance", "inner", "c-panel__inner"],
    ["an instance beside it", "other", "c-other"],
  ])("mounts %s anew with the answer", async (_what, key, target) => {
    const [partial] = await renew(key);
    expect(partial?.target).toBe(target);
    expect(load(partial?.html ?? "")(`#${target} output`).text()).toBe("77");
  });
});
