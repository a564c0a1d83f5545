import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { SOON, sees, useGallery } from "./gallery.js";

const gallery = useGallery();

const plus = (page: Page) => page.getByRole("button", { name: "+1" });

/** A page that notes the sockets it opens and the requests it makes. */
async function watched(prepare: (page: Page) => Promise<void> = async () => {}) {
  const page = await gallery.visit("/counter");
  await prepare(page);
  const sockets: string[] = [];
  const posted: string[] = [];
  page.on("websocket", (socket) => sockets.push(new URL(socket.url()).pathname));
  page.on("request", (request) => {
    if (request.method() === "POST") posted.push(new URL(request.url()).pathname);
  });
  await page.goto("/socket-counter");
  return { page, sockets, posted };
}

test("clicks go over one socket, and no request is made for them", async () => {
  const { page, sockets, posted } = await watched();
  await expect.poll(() => sockets, SOON).toEqual(["/components/_ws"]);
  for (const count of ["6", "7", "8"]) {
    await plus(page).click();
    await sees(page, "output", count);
  }
  expect(sockets).toHaveLength(1);
  expect(posted).toEqual([]);
});

test("ten quick clicks count exactly ten", async () => {
  const { page } = await watched();
  await page.evaluate(() => {
    for (let click = 0; click < 10; click++) document.querySelector<HTMLButtonElement>(".stage button")?.click();
  });
  await sees(page, "output", "15");
  await plus(page).click();
  await sees(page, "output", "16");
});

test("after the connection was cut it opens a new socket, and no click is lost or counted twice", async () => {
  const { page, sockets } = await watched();
  page.removeAllListeners("console");
  await expect.poll(() => sockets.length, SOON).toBe(1);
  await plus(page).click();
  await sees(page, "output", "6");
  gallery.cut();
  await plus(page).click();
  await sees(page, "output", "7");
  await expect.poll(() => sockets.length, SOON).toBe(2);
  gallery.cut();
  await page.evaluate(() => {
    for (let click = 0; click < 5; click++) document.querySelector<HTMLButtonElement>(".stage button")?.click();
  });
  await sees(page, "output", "12");
  await plus(page).click();
  await sees(page, "output", "13");
});

test("where the socket cannot be opened, it counts over HTTP", async () => {
  const { page, posted } = await watched(async (one) => {
    await one.routeWebSocket(/_ws/, (socket) => socket.close({ code: 1006 }));
    one.removeAllListeners("console");
  });
  await plus(page).click();
  await sees(page, "output", "6");
  await plus(page).click();
  await sees(page, "output", "7");
  expect(posted).toEqual(["/components/counter/increment", "/components/counter/increment"]);
});

test("a browser without sockets counts over HTTP", async () => {
  const { page, posted } = await watched(async (one) => {
    await one.addInitScript(() => Object.defineProperty(window, "WebSocket", { value: undefined }));
  });
  await plus(page).click();
  await sees(page, "output", "6");
  expect(posted).toEqual(["/components/counter/increment"]);
});

test("without JavaScript it is the form that it always was", async () => {
  const page = await gallery.visit("/socket-counter", { javaScriptEnabled: false });
  await plus(page).click();
  await sees(page, "output", "6");
});

test("only this page asks for a socket", async () => {
  const page = await gallery.visit("/counter");
  expect(await page.locator("meta[name=hydrant-socket]").count()).toBe(0);
  await page.goto("/socket-counter");
  expect(await page.locator("meta[name=hydrant-socket]").count()).toBe(1);
});
