import { beforeEach, describe, expect, it } from "vitest";
import { gate, PANELS, ran } from "./socket-panel.js";
import { connected, cutAll, socketStage, type Visit } from "./socket-stage.js";
import { settled, shows } from "./stage.js";

const on = socketStage(PANELS);

beforeEach(() => {
  ran.length = 0;
});

const posts = () => on.requests.filter((one) => one.startsWith("POST"));
/** Everything went over the socket. */
const onlySocket = ({ sent }: Visit, count: number) => {
  expect(posts()).toEqual([]);
  expect(sent.filter((type) => type === "component_event")).toHaveLength(count);
};

describe("a socket that is lost while an event is under way", () => {
  it("gets its answer over HTTP, and the event is carried out once", async () => {
    const { page } = await on.open("/");
    await page.click(".once");
    await gate.reached("once");
    cutAll(on);
    await expect.poll(posts).toEqual(["POST /components/panel/wait"]);
    gate.open("once");
    await shows(page, "output", "10");
    await settled(page);
    expect(ran.filter((one) => one === "wait once")).toHaveLength(1);
    await page.click(".add");
    await shows(page, "output", "11");
  });

  it("does not hold up what waits behind it", async () => {
    const { page } = await on.open("/");
    await page.click(".again");
    await gate.reached("again");
    await page.evaluate(() => {
      for (let click = 0; click < 3; click++) document.querySelector<HTMLButtonElement>(".add")?.click();
    });
    cutAll(on);
    gate.open("again");
    await shows(page, "output", "13");
    expect(ran.filter((one) => one === "add")).toHaveLength(3);
  });

  it("by a server that closes with 1012 is opened again, and events go over the new one", async () => {
    const visit = await on.open("/");
    await visit.page.click(".add");
    await shows(visit.page, "output", "1");
    await on.restart();
    await visit.page.click(".add");
    await shows(visit.page, "output", "2");
    await connected(visit, 2);
    on.requests.length = 0;
    await visit.page.click(".add");
    await shows(visit.page, "output", "3");
    expect(posts()).toEqual([]);
  });
});

describe("an event nobody waits for any more", () => {
  it("after a timeout is said to have had no answer, and its late answer is not shown", async () => {
    const visit = await on.open("/");
    await visit.page.click(".impatient");
    await visit.page.waitForSelector('[data-code="network"]');
    expect(on.complaints.splice(0).join()).toContain("timeout");
    gate.open("slow");
    await expect.poll(() => visit.received.filter((type) => type === "ack")).toHaveLength(1);
    await visit.page.click(".add");
    await shows(visit.page, "output", "1");
    onlySocket(visit, 2);
  });

  it("is not sent again when the socket is lost after that", async () => {
    const visit = await on.open("/");
    await visit.page.click(".impatient");
    await visit.page.waitForSelector('[data-code="network"]');
    expect(on.complaints.splice(0).join()).toContain("timeout");
    cutAll(on);
    await connected(visit, 2);
    gate.open("slow");
    await visit.page.click(".add");
    await shows(visit.page, "output", "1");
    expect(posts()).toEqual([]);
  });
});
