import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { ComponentWebSocketManager } from "hydrant/websocket";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { examples } from "../../../examples/all.js";
import { doorOf, openGallery } from "../../../examples/gallery/app.js";
import type { Example } from "../../../examples/gallery/example.js";
import { launchBrowser } from "../../support/browser.js";

/** The gallery on a port of its own and a browser to visit it with. */
export interface Gallery {
  readonly names: readonly string[];
  /** Opens an example, or another path of the gallery, as a visitor nobody has seen before. */
  visit(path: string, options?: BrowserContextOptions): Promise<Page>;
  /** Cuts all connections that are open, sockets as well, as a network does. */
  cut(): void;
}

const quiet = { info() {}, warn() {}, error: (fields: object, message: string) => console.error(message, fields) };

interface Running {
  readonly origin: string;
  cut(): void;
  close(): Promise<void>;
}

async function start(shown: readonly Example[]): Promise<Running> {
  const { app, server: components } = openGallery(shown, { mode: "development", log: quiet });
  const server = createServer(app.callback());
  const sockets = new ComponentWebSocketManager(components, doorOf(shown));
  sockets.listen(server, app);
  const connections = new Set<Socket>();
  server.on("connection", (connection) => {
    connections.add(connection);
    connection.once("close", () => connections.delete(connection));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      for (const connection of connections) connection.destroy();
    },
    async close() {
      server.close();
      await sockets.close();
      await components.close();
      server.closeAllConnections();
    },
  };
}

/** Notes what a visitor would find in the console, and every request that leaves the gallery. */
function watch(page: Page, origin: string, problems: string[]): void {
  page.on("console", (message) => {
    // The browser reports refused forms and conflicts as failed loads; they are answers like any other.
    if (message.type() === "error" && !/status of (409|422)/.test(message.text())) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`)) problems.push(`asked ${request.url()}`);
  });
  page.on("websocket", (socket) => {
    if (!socket.url().startsWith(`${origin.replace("http", "ws")}/`)) problems.push(`opened ${socket.url()}`);
  });
}

/**
 * Starts gallery and browser around the tests of a file; every test ends with a look at the console.
 * @param shown What it shows, where a test brings examples of its own making.
 */
export function useGallery(shown: readonly Example[] = examples): Gallery {
  let running: Running;
  let browser: Browser;
  let contexts: BrowserContext[] = [];
  let problems: string[] = [];

  beforeAll(async () => {
    [running, browser] = await Promise.all([start(shown), launchBrowser()]);
  });
  afterEach(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    const found = problems;
    contexts = [];
    problems = [];
    expect(found, "console errors, policy violations and requests to other hosts").toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    await running.close();
  });

  return {
    names: shown.map(({ name }) => name),
    async visit(path, options = {}) {
      const context = await browser.newContext({ ...options, baseURL: running.origin });
      contexts.push(context);
      context.on("page", (page) => watch(page, running.origin, problems));
      const page = await context.newPage();
      await page.goto(path);
      return page;
    },
    cut: () => running.cut(),
  };
}

/** How long a test waits for what is about to happen; a slow machine is no failure. */
export const SOON = { timeout: 10_000 };

/** Waits until the locator shows this text. */
export async function sees(page: Page, selector: string, text: string): Promise<void> {
  await expect.poll(() => page.locator(selector).first().innerText(), SOON).toBe(text);
}
