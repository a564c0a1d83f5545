import { Component, compose, HydrantError } from "hydrant";
import { html } from "hydrant/tagged";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { template } from "../../support/live-app.js";
import { settled, shows, stage } from "./stage.js";

class Child extends Component<{ count: number }, { start: number }> {
  static override template = "child";
  static override params = z.object({ start: z.number().default(0) });
  static override events = { add: null, leave: null, fail: null };

  override mount({ start }: { start: number }) {
    this.state = { count: start };
  }

  on_add() {
    this.state.count += 1;
  }

  on_leave() {
    this.remove();
  }

  on_fail() {
    throw new HydrantError("forbidden");
  }
}

class Parent extends Component<{ turns: number }> {
  static override template = "parent";
  static override events = { turn: null, fail: null, renew: null };

  override mount() {
    this.state = { turns: 0 };
  }

  on_turn() {
    this.state.turns += 1;
  }

  on_fail() {
    throw new Error("broken");
  }

  on_renew() {
    this.state.turns += 1;
    this.refresh({ key: "other", component: "child", params: { start: 50 } });
  }
}

class Card extends Component<{ folded: boolean }> {
  static override template = "card";
  static override slots = ["default", "footer"];
  static override events = { fold: null };

  override mount() {
    this.state = { folded: false };
  }

  on_fold() {
    this.state.folded = !this.state.folded;
  }
}

class Board extends Component<{ likes: number }> {
  static override template = "board";
  static override events = { like: null };

  override mount() {
    this.state = { likes: 0 };
  }

  on_like() {
    this.state.likes += 1;
  }
}

class Filler extends Component<{ turns: number }> {
  static override template = "filler";
  static override slots = ["body"];
  static override events = { load: null, turn: null };

  override mount() {
    this.state = { turns: 0 };
  }

  on_load() {
    this.fill("body", [compose("child", { start: 7 }, { key: "inner" })]);
  }

  on_turn() {
    this.state.turns += 1;
  }
}

class Broken extends Component {
  static override template = "child";

  override mount() {
    throw new Error("no");
  }
}

const on = stage({
  components: { child: Child, parent: Parent, card: Card, board: Board, filler: Filler, broken: Broken },
  templates: {
    child: template<{ count: number }>(
      ({ state, root, on: send }) =>
        html`<article class="child" ${root()}><output class="count">${state.count}</output><button class="add" ${send("add")}>+</button><button class="leave" ${send("leave")}>leave</button><button class="fail" ${send("fail")}>fail</button><input name="own"></article>`,
    ),
    parent: template<{ turns: number }>(
      ({ state, root, on: send, component, lazy }) =>
        html`<section class="parent" ${root()}><output class="turns">${state.turns}</output><button class="turn" ${send("turn")}>turn</button><button class="renew" ${send("renew")}>renew</button><button class="broken" ${send("fail")}>fail</button>
        ${state.turns % 2 === 0 ? component("child", { key: "one" }) : html`<div class="wrapped">${component("child", { key: "one" })}</div>`}
        ${lazy("child", { key: "late", start: 3, placeholder: "soon" })}</section>`,
    ),
    card: template<{ folded: boolean }>(
      ({ state, root, on: send, slot }) =>
        html`<section class="card" ${root()}><button class="fold" ${send("fold")}>fold</button><b class="folded">${state.folded}</b>${slot("default")}${slot("footer", { tag: "footer" })}</section>`,
    ),
    board: template<{ likes: number }>(
      ({ state, root, on: send, component }) =>
        html`<section class="board" ${root()}><output class="likes">${state.likes}</output>${component("card", { key: "card" }, { default: html`<p>${state.likes} likes</p><button class="like" ${send("like")}>like</button>`, footer: compose("child", {}, { key: "in-footer" }) })}</section>`,
    ),
    filler: template<{ turns: number }>(
      ({ state, root, on: send, slot }) =>
        html`<section class="filler" ${root()}><output class="turns">${state.turns}</output><button class="load" ${send("load")}>load</button><button class="turn" ${send("turn")}>turn</button>${slot("body")}</section>`,
    ),
  },
  pages: {
    "/family": ({ component }) =>
      html`${component("parent", { key: "parent" })}${component("child", { key: "other" })}`,
    "/board": ({ component }) => component("board", { key: "board" }),
    "/filler": ({ component }) => component("filler", { key: "filler" }),
    "/lazy": ({ lazy }) =>
      html`${lazy("child", { key: "here", start: 4 })}${lazy("broken", { key: "gone", placeholder: "soon" })}`,
  },
});

const ONE = "#c-parent__one";

describe("children", () => {
  it("keep their element, their state and their typed text when their parent changes around them", async () => {
    const page = await on.open("/family");
    await page.click(`${ONE} .add`);
    await shows(page, `${ONE} .count`, "1");
    await page.fill(`${ONE} input`, "mine");
    await page.evaluate((one) => Object.assign(document.querySelector(one) as object, { mark: "same" }), ONE);
    await page.click(".turn");
    await shows(page, ".parent > .turns", "1");
    expect(await page.locator(`.wrapped > ${ONE}`).count()).toBe(1);
    await page.click(".turn");
    await shows(page, ".parent > .turns", "2");
    expect(await page.evaluate((one) => (document.querySelector(one) as { mark?: string } | null)?.mark, ONE)).toBe(
      "same",
    );
    expect(await page.inputValue(`${ONE} input`)).toBe("mine");
    await page.click(`${ONE} .add`);
    await shows(page, `${ONE} .count`, "2");
  });

  it("that were loaded later keep their state although their place was another element", async () => {
    const page = await on.open("/family");
    await shows(page, "#c-parent__late .count", "3");
    await page.click("#c-parent__late .add");
    await shows(page, "#c-parent__late .count", "4");
    await page.click(".turn");
    await shows(page, ".parent > .turns", "1");
    expect(await page.textContent("#c-parent__late .count")).toBe("4");
    expect(await page.locator("#c-parent__late").count()).toBe(1);
  });

  it("that took themselves off the page stay away", async () => {
    const page = await on.open("/family");
    await page.click(`${ONE} .leave`);
    await expect.poll(() => page.locator(ONE).count()).toBe(0);
    await page.click(".turn");
    await shows(page, ".parent > .turns", "1");
    expect(await page.locator(ONE).count()).toBe(0);
  });

  it("another instance is mounted anew in the same answer", async () => {
    const page = await on.open("/family");
    await page.click("#c-other .add");
    await shows(page, "#c-other .count", "1");
    await page.click(".renew");
    await shows(page, "#c-other .count", "50");
    await page.click("#c-other .add");
    await shows(page, "#c-other .count", "51");
  });

  it("an error shows in the instance it belongs to and in no other", async () => {
    const page = await on.open("/family");
    await page.click(".broken");
    await page.waitForSelector('[data-code="internal"]');
    expect(await page.locator("[data-code]").count()).toBe(1);
    expect(await page.locator("#c-parent > [data-component-error] > [data-code]").count()).toBe(1);
    await page.click(`${ONE} .fail`);
    await page.waitForSelector(`${ONE} [data-code="forbidden"]`);
    expect(await page.locator("[data-code]").count()).toBe(2);
    await page.click(".turn");
    await shows(page, ".parent > .turns", "1");
    expect(await page.locator('[data-code="internal"]').count()).toBe(0);
  });
});

describe("slots", () => {
  it("events in a slot reach the instance that wrote it, with its newest state, before and after the card changes", async () => {
    const page = await on.open("/board");
    await page.click(".like");
    await shows(page, ".likes", "1");
    await shows(page, ".card p", "1 likes");
    await page.click(".fold");
    await shows(page, ".folded", "true");
    expect(await page.textContent(".card p")).toBe("1 likes");
    await page.click(".like");
    await shows(page, ".likes", "2");
    await shows(page, ".card p", "2 likes");
    expect(await page.textContent(".folded")).toBe("true");
  });

  it("ten quick clicks in a slot end at exactly 10", async () => {
    const page = await on.open("/board");
    await page.evaluate(() => {
      for (let time = 0; time < 10; time++) document.querySelector<HTMLElement>(".like")?.click();
    });
    await shows(page, ".likes", "10");
    await settled(page);
    expect(await page.textContent(".likes")).toBe("10");
  });

  it("a child in a slot keeps its state", async () => {
    const page = await on.open("/board");
    await page.click("footer .add");
    await shows(page, "footer .count", "1");
    await page.click(".fold");
    await shows(page, ".folded", "true");
    await page.click(".like");
    await shows(page, ".likes", "1");
    expect(await page.textContent("footer .count")).toBe("1");
    await page.click("footer .add");
    await shows(page, "footer .count", "2");
  });

  it("what a handler filled a slot with stays until it is filled again", async () => {
    const page = await on.open("/filler");
    await page.click(".load");
    await shows(page, ".child .count", "7");
    await page.click(".child .add");
    await shows(page, ".child .count", "8");
    await page.click(".filler > .turn");
    await shows(page, ".filler > .turns", "1");
    expect(await page.textContent(".child .count")).toBe("8");
  });
});

describe("loading later", () => {
  it("puts the component in its place, and says so where it fails", async () => {
    const page = await on.open("/lazy");
    await shows(page, "#c-here .count", "4");
    await page.waitForSelector('#c-gone [role="alert"][data-code="internal"]');
  });
});
