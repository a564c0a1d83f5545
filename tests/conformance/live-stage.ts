import { load } from "cheerio";
import type { EventSourceMessage } from "eventsource-parser";
import { expect } from "vitest";
import { type EventAnswer, openEvents } from "../support/event-stream.js";
import { HTMX, type RawAnswer, type RawRequest } from "../support/http.js";
import type { Open } from "./audit.js";
import { type TickerOptions, tickerClass } from "./fixtures/live.js";
import { outputIn, textIn } from "./html.js";
import { from, heldIn, pagePath } from "./koa-door.js";
import type { Held, HttpStage, Stage, StageOptions } from "./stage.js";

/** Milliseconds in which changes are gathered. */
const PUSH_MS = 25;
export const HALL = "room:hall";
export const SSE = { Accept: "text/event-stream" } as const;

/** A stage with components that are told of changes; `ticker` and `other` are the same class. */
export function openTicker<S extends Stage>(
  open: Open<S>,
  more: TickerOptions = {},
  options: StageOptions = {},
): Promise<S> {
  return open({
    also: (journal) => ({ ticker: tickerClass(journal, more), other: tickerClass(journal, more) }),
    ...options,
  });
}

export interface LiveAsk {
  readonly instances?: readonly Pick<Held, "component" | "state">[];
  readonly cursor?: string;
  readonly isShared?: boolean;
}

export function addressOf({ prefix }: HttpStage, { instances = [], cursor, isShared = false }: LiveAsk = {}): string {
  const query = new URLSearchParams();
  for (const { component, state } of instances) {
    query.append("component", component);
    query.append("state", state);
  }
  if (cursor !== undefined) query.set("cursor", cursor);
  if (isShared) query.set("shared", "");
  return `${prefix}/_live?${query}`;
}

type Headers = Readonly<Record<string, string>>;

/** Opens the stream of updates of a page. */
export function live(stage: HttpStage, ask: LiveAsk = {}, user = "ann", headers: Headers = {}): Promise<EventAnswer> {
  const request: RawRequest = {
    method: "GET",
    path: addressOf(stage, ask),
    headers: { ...from(user), ...SSE, ...headers },
  };
  return openEvents(stage.http.port, request);
}

/** Asks for it as htmx would and takes the answer as a whole, where it is none that lasts. */
export function ask(stage: HttpStage, what: LiveAsk | string, user = "ann", headers: Headers = {}): Promise<RawAnswer> {
  const path = typeof what === "string" ? what : addressOf(stage, what);
  return stage.http.request({ path, headers: { ...from(user), ...HTMX, ...SSE, ...headers } });
}

/** Posts what a page is told of. */
export function post(
  { http, prefix }: HttpStage,
  body: unknown,
  user = "ann",
  headers: Headers = { "Content-Type": "application/json", Accept: "application/json" },
): Promise<RawAnswer> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return http.request({ method: "POST", path: `${prefix}/_live`, headers: { ...from(user), ...headers }, body: text });
}

/** Lets everything run that only waits for its turn. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Lets the time pass in which changes are gathered, and what then happens at once. */
export async function flush({ clock }: Stage): Promise<void> {
  await turns();
  clock.advance(PUSH_MS);
  await turns();
}

/** Waits until so many messages have come, and is sure that no more came. */
export async function messages({ events }: EventAnswer, count: number): Promise<readonly EventSourceMessage[]> {
  await expect.poll(() => events.length, { interval: 5, timeout: 10_000 }).toBeGreaterThanOrEqual(count);
  await turns();
  expect(events.map(({ event, data }) => [event, data])).toHaveLength(count);
  return events;
}

/** The messages after the greeting. */
export async function told(answer: EventAnswer, count: number): Promise<readonly EventSourceMessage[]> {
  return (await messages(answer, count + 1)).slice(1);
}

export interface Greeting {
  readonly connection: string;
  readonly cursor: string;
  readonly refused: readonly { readonly component: string; readonly code: string }[];
}

export async function greeting({ events }: EventAnswer): Promise<Greeting> {
  await expect.poll(() => events.length, { interval: 5, timeout: 10_000 }).toBeGreaterThanOrEqual(1);
  expect(events[0]?.event).toBe("connected");
  return JSON.parse(events[0]?.data ?? "{}") as Greeting;
}

/** A flat partial, and the root in it. */
export interface Partial {
  readonly target: string;
  readonly swap: string;
  readonly base: string;
  readonly id: string;
  readonly rev: number;
  readonly count: string;
  readonly told: string;
  readonly state: string;
  readonly html: string;
}

export function partialsIn(data: string): readonly Partial[] {
  const page = load(data, null, false);
  return page("hx-partial")
    .toArray()
    .map((element) => {
      const partial = page(element);
      const html = partial.html() ?? "";
      const root = partial.children("[data-component]");
      const values = root.attr("hx-vals:inherited") ?? "{}";
      return {
        target: partial.attr("hx-target") ?? "",
        swap: partial.attr("hx-swap") ?? "",
        base: partial.attr("data-base") ?? "",
        id: root.attr("id") ?? "",
        rev: Number(root.attr("data-rev")),
        count: html.includes("<output") ? outputIn({ html }) : "",
        told: html.includes("<p title") ? textIn({ html }, "p") : "",
        state: (JSON.parse(values) as { state?: string }).state ?? "",
        html,
      };
    });
}

/** The only partial of an unnamed message. */
export function partialIn(message: EventSourceMessage | undefined): Partial {
  const [only, ...more] = partialsIn(message?.data ?? "");
  expect([message?.event, more]).toEqual([undefined, []]);
  if (only === undefined) throw new Error(`no partial: ${message?.data}`);
  return only;
}

export interface LivePage {
  readonly held: Held;
  /** The cursor that stands in the head. */
  readonly cursor: string;
  readonly html: string;
}

/** A page of the application with one component in it. */
export async function openPage(stage: HttpStage, component: string, user = "ann"): Promise<LivePage> {
  const { body } = await stage.http.request({ path: pagePath([{ name: component }]), headers: from(user) });
  const address = load(body)('meta[name="hydrant-live"]').attr("content") ?? "";
  const url = new URL(address, "http://x");
  expect(url.pathname).toBe(`${stage.prefix}/_live`);
  return { held: heldIn(body, component), cursor: url.searchParams.get("cursor") ?? "", html: body };
}

/** A page that is told of its one instance, from its cursor on. */
export async function watch(stage: HttpStage, component = "ticker", user = "ann") {
  const { held, cursor } = await openPage(stage, component, user);
  const answer = await live(stage, { instances: [held], cursor }, user);
  await greeting(answer);
  return { held, cursor, answer };
}
