import type { Page } from "playwright-core";
import { beforeEach, describe, expect, it } from "vitest";
import { gate, PANELS, ran } from "./socket-panel.js";
import { socketStage, type Visit } from "./socket-stage.js";
import { settled, shows } from "./stage.js";

const on = socketStage(PANELS);

beforeEach(() => {
  ran.length = 0;
});

const alert = (page: Page) => page.textContent("[data-component-error]");
const posts = () => on.requests.filter((one) => one.startsWith("POST"));
/** Everything went over the socket. */
const onlySocket = ({ sent }: Visit, count: number) => {
  expect(posts()).toEqual([]);
  expect(sent.filter((type) => type === "component_event")).toHaveLength(count);
};

describe("an event over the socket", () => {
  it("shows its answer, and no request is made for it", async () => {
    const visit = await on.open("/");
    await visit.page.click(".add");
    await shows(visit.page, "output", "1");
    onlySocket(visit, 1);
  });

  it("is carried out in the order of the clicks, each once", async () => {
    const visit = await on.open("/");
    await visit.page.evaluate(() => {
      for (let click = 0; click < 10; click++) document.querySelector<HTMLButtonElement>(".add")?.click();
    });
    await shows(visit.page, "output", "10");
    expect(ran).toHaveLength(10);
    onlySocket(visit, 10);
  });

  it("carries fields of several values, newlines and every letter as HTTP does", async () => {
    const visit = await on.open("/");
    await visit.page.fill(".notes textarea", "a  b\nü🙂\n");
    await visit.page.click(".notes button");
    await shows(visit.page, "b", JSON.stringify([["a  b\nü🙂\n", "two"], "ä=&+"]));
    onlySocket(visit, 1);
  });

  it("shows what a form refused beside its fields, and then takes it", async () => {
    const visit = await on.open("/form");
    const { page } = visit;
    await page.fill('[name="name"]', "x");
    await page.fill('[name="note"]', "one\n two");
    await page.click(".send");
    await shows(page, '[data-field="name"] [data-field-error]', "Two letters at least.");
    expect(await page.inputValue('[name="note"]')).toBe("one\n two");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("name");
    await page.fill('[name="name"]', "Zoë");
    await page.click(".send");
    await expect.poll(() => ran).toEqual([JSON.stringify(["Zoë", "one\n two"])]);
    await expect.poll(() => page.inputValue('[name="name"]')).toBe("");
    expect(visit.sent.filter((type) => type === "component_event").length).toBeGreaterThanOrEqual(2);
    expect(posts().filter((one) => one.endsWith("/submit"))).toEqual([]);
  });

  it("leaves the page as it is where there is nothing to show", async () => {
    const visit = await on.open("/");
    await visit.page.fill(".typed", "half");
    await visit.page.click(".quiet");
    await expect.poll(() => ran).toEqual(["quiet"]);
    await settled(visit.page);
    await visit.page.click(".add");
    await shows(visit.page, "output", "1");
    expect(await visit.page.inputValue(".typed")).toBe("half");
    onlySocket(visit, 2);
  });

  it("leads to another page", async () => {
    const visit = await on.open("/");
    await visit.page.click(".leave");
    await shows(visit.page, "h1", "elsewhere");
    expect(new URL(visit.page.url()).searchParams.get("from")).toBe("päneł");
  });

  it("triggers events with words of every alphabet", async () => {
    const visit = await on.open("/");
    await visit.page.evaluate(() => {
      document.addEventListener("cart:changed", (event) => {
        document.title = (event as CustomEvent<{ name: string }>).detail.name;
      });
    });
    await visit.page.click(".announce");
    await expect.poll(() => visit.page.title()).toBe("Zoë 🙂");
    onlySocket(visit, 1);
  });

  it("changes the address", async () => {
    const visit = await on.open("/");
    await visit.page.click(".push");
    await shows(visit.page, "output", "1");
    expect(new URL(visit.page.url()).searchParams.get("schritt")).toBe("größer");
    onlySocket(visit, 1);
  });

  it("takes the instance off the page", async () => {
    const visit = await on.open("/");
    await visit.page.click(".vanish");
    await expect.poll(() => visit.page.locator("section").count()).toBe(0);
    onlySocket(visit, 1);
  });

  it("shows another instance anew", async () => {
    const visit = await on.open("/two");
    const { page } = visit;
    await page.click("aside .add");
    await shows(page, "aside output", "1");
    await page.click("main .tell");
    await shows(page, "main output", "1");
    await shows(page, "aside output", "0");
    await page.click("aside .add");
    await shows(page, "aside output", "1");
    onlySocket(visit, 3);
  });

  it("waits for nothing that another instance does", async () => {
    const { page } = await on.open("/two");
    await page.click("main .slow");
    await gate.reached("slow");
    await page.click("aside .add");
    await shows(page, "aside output", "1");
    gate.open("slow");
    await shows(page, "main output", "1");
  });
});

describe("an event that is refused", () => {
  it.each(["forbidden", "not_found", "rate_limited", "crash"])(
    "says so where errors stand and keeps what was typed: %s",
    async (what) => {
      const visit = await on.open("/");
      await visit.page.fill(".typed", "half");
      await visit.page.click(`.${what}`);
      const code = what === "crash" ? "internal" : what;
      await visit.page.waitForSelector(`[data-component-error] [role=alert][data-code="${code}"][data-error-id]`);
      expect(await alert(visit.page)).not.toContain("secret");
      expect(await visit.page.inputValue(".typed")).toBe("half");
      onlySocket(visit, 1);
      await visit.page.click(".add");
      await shows(visit.page, "output", "1");
      expect(await alert(visit.page)).toBe("");
    },
  );

  it("for want of signing in leads to where people sign in", async () => {
    on.people.ann = {} as never;
    const visit = await on.open("/diary", "ann");
    await visit.page.click(".add");
    await shows(visit.page, "output", "1");
    on.people.ann = null;
    await visit.page.click(".add");
    await shows(visit.page, "h1", "sign in");
  });

  it("for want of a right says so", async () => {
    on.people.ann = { permissions: ["vault.see"] } as never;
    const visit = await on.open("/vault", "ann");
    on.people.ann = { permissions: [] } as never;
    await visit.page.click(".add");
    await visit.page.waitForSelector('[data-code="forbidden"]');
    onlySocket(visit, 1);
  });

  it("because the node is about to stop is carried out over HTTP", async () => {
    const visit = await on.open("/");
    await visit.page.click(".unavailable");
    await visit.page.waitForSelector('[data-code="unavailable"]');
    expect(posts()).toEqual(["POST /components/panel/fail"]);
  });
});

describe("what goes over HTTP all the same", () => {
  it("a form with files", async () => {
    const visit = await on.open("/");
    await visit.page.click(".parts button");
    await expect.poll(posts).toEqual(["POST /components/panel/note"]);
    expect(visit.sent).not.toContain("component_event");
  });

  it("what is larger than a message may be", async () => {
    const visit = await on.open("/");
    await visit.page.fill(".notes textarea", "ü".repeat(9_000));
    await visit.page.click(".notes button");
    await expect.poll(() => visit.page.textContent("b").then((text) => text?.length)).toBeGreaterThan(9_000);
    expect(posts()).toEqual(["POST /components/panel/note"]);
    expect(visit.sockets).toBe(1);
  });
});
