import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type ComponentClass,
  type ComponentServer,
  type ComponentServerOptions,
  createComponentServer,
  type User,
} from "hydrant";
import { componentsOf, type hydrantKoa, hydrantKoa as mountedAt } from "hydrant/koa";
import { html, type TaggedTemplate, taggedRenderer } from "hydrant/tagged";
import { ComponentWebSocketManager } from "hydrant/websocket";
import Koa, { type Context } from "koa";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { launchBrowser } from "../../support/browser.js";
import { type CuttingProxy, openCuttingProxy } from "../../support/cutting-proxy.js";
import type { PageHelpers } from "../../support/live-app.js";
import { testLog } from "../../support/log.js";

type SafeHtml = ReturnType<typeof html>;

export interface SocketStageOptions {
  readonly components: Readonly<Record<string, ComponentClass>>;
  readonly templates: Readonly<Record<string, TaggedTemplate>>;
  readonly pages: Readonly<Record<string, (helpers: PageHelpers) => SafeHtml>>;
  readonly server?: Partial<ComponentServerOptions>;
  readonly messageBytes?: number;
  readonly door?: Partial<Parameters<typeof hydrantKoa>[1]>;
}

/** One run of the application: a restart makes another on the same port. */
interface Run {
  readonly http: Server;
  readonly server: ComponentServer;
  readonly sockets: ComponentWebSocketManager;
}

export interface SocketStage {
  /** Of the proxy: pages reach the application through it alone. */
  readonly url: string;
  readonly server: ComponentServer;
  readonly sockets: ComponentWebSocketManager;
  readonly proxy: CuttingProxy;
  /** Requests under `/components/` that were made over HTTP since the test began, as `METHOD path`. */
  readonly requests: string[];
  /** What was complained about in the browser. */
  readonly complaints: string[];
  /** Who is signed in by the name in the cookie `who`; `null` for one who has signed out. */
  readonly people: Record<string, User | null>;
  open(path: string, who?: string): Promise<Visit>;
  openBeside(visit: Visit, path: string): Promise<Visit>;
  /** Closes all sockets as a node does that stops. */
  restart(): Promise<void>;
}

/** A page, and what went through its sockets. */
export interface Visit {
  readonly page: Page;
  /** Sockets that were opened so far. */
  readonly sockets: number;
  /** Types of messages the page sent, in order. */
  readonly sent: readonly string[];
  readonly received: readonly string[];
}

/** The browser reports each failed load and each socket that could not be opened. */
const EXPECTED = /Failed to load resource|WebSocket connection to/;

async function run(options: SocketStageOptions, stage: Pick<SocketStage, "requests" | "people">, port: number) {
  const { components, templates, pages, messageBytes, server: serverOptions, door } = options;
  const page = (data: Readonly<Record<string, unknown>>) => {
    const { path, assets, ...helpers } = data as { path: string; assets(o: object): SafeHtml } & PageHelpers;
    return html`<!doctype html><html lang="en"><head><title>${path}</title>${assets({ socket: true })}</head><body>${pages[path]?.(helpers)}</body></html>`;
  };
  const server = createComponentServer({
    components,
    renderer: taggedRenderer({ templates, pages: { page } }),
    keys: ["socket-stage-key-4rT8yU2iO6pA9sD3fG7hJ"],
    log: testLog(),
    ...serverOptions,
  });
  const app = new Koa();
  const caller = (ctx: Context) => {
    const name = ctx.cookies.get("who") ?? "";
    if (name === "") return {};
    const known = stage.people[name];
    return known === null ? { session: `was ${name}` } : { user: { id: name, ...known } };
  };
  app.use((ctx, next) => {
    if (/\/components\/(?!_assets)/.test(ctx.path)) stage.requests.push(`${ctx.method} ${ctx.path}`);
    ctx.set("Content-Security-Policy", "default-src 'none'; connect-src 'self'; script-src 'self'; style-src 'self'");
    return next();
  });
  app.use(mountedAt(server, { caller, ...door }));
  app.use(async (ctx) => {
    if (pages[ctx.path] === undefined) return;
    const own = componentsOf(ctx);
    await own.render("page", { path: ctx.path, assets: own.assets });
  });
  const http = createServer(app.callback());
  const sockets = new ComponentWebSocketManager(server, { caller, ...(messageBytes ? { messageBytes } : {}) });
  sockets.listen(http, app);
  http.listen(port, "127.0.0.1");
  await once(http, "listening");
  return { http, server, sockets };
}

async function end({ http, sockets, server }: Run): Promise<void> {
  await sockets.close();
  const closed = once(http, "close");
  http.close();
  http.closeAllConnections();
  await closed;
  await server.close();
}

async function watch(page: Page, complaints: string[]): Promise<Visit> {
  const sent: string[] = [];
  const received: string[] = [];
  let sockets = 0;
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (/error|warning/.test(message.type()) && !EXPECTED.test(message.text())) complaints.push(message.text());
  });
  page.on("websocket", (socket) => {
    sockets += 1;
    const typeOf = ({ payload }: { payload: string | Buffer }) => (JSON.parse(`${payload}`) as { type: string }).type;
    socket.on("framesent", (frame) => sent.push(typeOf(frame)));
    socket.on("framereceived", (frame) => received.push(typeOf(frame)));
  });
  await page.exposeFunction("complain", (text: string) => complaints.push(text));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
      (window as unknown as { complain(text: string): void }).complain(`${violatedDirective} ${blockedURI}`),
    );
    // Nobody waits long: pauses are as short as chance can make them.
    Math.random = () => 0.01;
  });
  return {
    page,
    sent,
    received,
    get sockets() {
      return sockets;
    },
  };
}

/** Waits until a page has a socket, and one that is told of changes says so. */
export async function connected({ received, page }: Visit, times = 1): Promise<void> {
  const count = () => received.filter((type) => type === "connected").length;
  await expect.poll(count, { timeout: 8_000, interval: 20 }).toBeGreaterThanOrEqual(times);
  await page.waitForFunction(() => document.documentElement.dataset.live !== "connecting");
}

/** One application with sockets behind a network that can break, and one browser, for the tests of a file. */
export function socketStage(options: SocketStageOptions): SocketStage {
  const complaints: string[] = [];
  const requests: string[] = [];
  const people: Record<string, User | null> = {};
  let now: Run;
  let proxy: CuttingProxy;
  let browser: Browser;

  beforeAll(async () => {
    now = await run(options, { requests, people }, 0);
    proxy = await openCuttingProxy((now.http.address() as AddressInfo).port);
    browser = await launchBrowser();
  });
  beforeEach(() => {
    requests.length = 0;
    for (const name of Object.keys(people)) delete people[name];
  });
  afterEach(async () => {
    proxy.mend();
    proxy.release();
    await Promise.all(browser.contexts().map((context) => context.close()));
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    await proxy.close();
    await end(now);
  });

  const url = () => `http://127.0.0.1:${proxy.port}`;
  async function visit(page: Page, path: string): Promise<Visit> {
    const watched = await watch(page, complaints);
    await page.goto(url() + path);
    await connected(watched);
    return watched;
  }

  return {
    get url() {
      return url();
    },
    get server() {
      return now.server;
    },
    get sockets() {
      return now.sockets;
    },
    get proxy() {
      return proxy;
    },
    requests,
    complaints,
    people,
    async open(path, who = "") {
      const context = await browser.newContext();
      if (who !== "") await context.addCookies([{ name: "who", value: who, url: url() }]);
      return visit(await context.newPage(), path);
    },
    openBeside: async ({ page }, path) => visit(await page.context().newPage(), path),
    async restart() {
      const { port } = now.http.address() as AddressInfo;
      await end(now);
      now = await run(options, { requests, people }, port);
    },
  };
}

/** Cuts every connection at once; new ones are let through. */
export function cutAll({ proxy }: SocketStage): void {
  proxy.block();
  proxy.mend();
}
