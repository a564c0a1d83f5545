import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { launchBrowser } from "../../support/browser.js";
import { type LiveApp, type LiveAppOptions, liveApp } from "../../support/live-app.js";

/** What a page said that nobody should have to read: broken policies, exceptions, errors on the console. */
interface Complaints {
  readonly list: string[];
}

export interface Stage {
  readonly app: LiveApp;
  /** A new tab of a new visitor, at this path. */
  open(path: string): Promise<Page>;
  /** Another tab of the same visitor. */
  openBeside(page: Page, path: string): Promise<Page>;
  /** Complaints of the running test so far; it fails at its end if any is left. */
  readonly complaints: Complaints["list"];
}

/** Failed loads are what some tests are about; the browser reports each of them. */
const EXPECTED = /^Failed to load resource/;

async function watch(page: Page, complaints: string[]): Promise<void> {
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !EXPECTED.test(message.text())) complaints.push(message.text());
  });
  await page.exposeFunction("complain", (text: string) => complaints.push(text));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
      (window as unknown as { complain(text: string): void }).complain(`${violatedDirective} ${blockedURI}`),
    );
  });
}

/** One application and one browser for the tests of a file. */
export function stage(options: LiveAppOptions): Stage {
  const complaints: string[] = [];
  let app: LiveApp;
  let browser: Browser;

  beforeAll(async () => {
    app = await liveApp(options);
    browser = await launchBrowser();
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  async function visit(page: Page, path: string): Promise<Page> {
    await watch(page, complaints);
    await page.goto(app.url + path);
    return page;
  }

  return {
    get app() {
      return app;
    },
    complaints,
    open: async (path) => visit(await (await browser.newContext()).newPage(), path),
    openBeside: async (page, path) => visit(await page.context().newPage(), path),
  };
}

/** Handlers that wait here until the test lets them go on. */
export interface Gates {
  /** Called by a handler. */
  pass(name: string): Promise<void>;
  /** Resolves when a handler waits at the gate. */
  reached(name: string): Promise<void>;
  /** Lets the handler that waits there, or will come, go on. */
  open(name: string): void;
}

export function gates(): Gates {
  const all = new Map<string, { reached: PromiseWithResolvers<void>; opened: PromiseWithResolvers<void> }>();
  const at = (name: string) => {
    const known = all.get(name);
    if (known !== undefined) return known;
    const made = { reached: deferred(), opened: deferred() };
    all.set(name, made);
    return made;
  };
  return {
    async pass(name) {
      if (name === "") return;
      const gate = at(name);
      gate.reached.resolve();
      await gate.opened.promise;
      all.delete(name);
    },
    reached: (name) => at(name).reached.promise,
    open: (name) => at(name).opened.resolve(),
  };
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

function deferred(): PromiseWithResolvers<void> {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Waits until an element shows this text. */
export async function shows(page: Page, selector: string, text: string): Promise<void> {
  await expect.poll(() => page.textContent(selector), { timeout: 5_000, interval: 20 }).toBe(text);
}

/** Waits until every request that htmx sent was answered and is in the page. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector(".htmx-request") === null);
}
