import { Readable } from "node:stream";
import { type Payload, StreamingComponent } from "hydrant";
import { html } from "hydrant/tagged";
import type { Context, Next } from "koa";
import { expect } from "vitest";
import { z } from "zod";
import { template } from "../../support/live-app.js";

/** What a handler says, piece by piece, as the test hands it over. */
export class Script {
  readonly #pieces: (string | Error)[] = [];
  readonly #waiting = new Set<() => void>();
  #isOver = false;
  /** How many handlers have begun. */
  begun = 0;
  /** How many have ended, for whatever reason. */
  ended = 0;

  say(...pieces: readonly (string | Error)[]): void {
    this.#pieces.push(...pieces);
    this.#wakeAll();
  }

  end(): void {
    this.#isOver = true;
    this.#wakeAll();
  }

  /** Ends the handlers of the test before, and begins anew. */
  async clear(): Promise<void> {
    this.#pieces.length = 0;
    this.end();
    await expect.poll(() => this.ended).toBe(this.begun);
    Object.assign(this, { begun: 0, ended: 0 });
    this.#isOver = false;
  }

  async *read(signal: AbortSignal): AsyncGenerator<string> {
    this.begun += 1;
    try {
      for (;;) {
        signal.throwIfAborted();
        const piece = this.#pieces.shift();
        if (piece instanceof Error) throw piece;
        if (piece !== undefined) yield piece;
        else if (this.#isOver) return;
        else await this.#more(signal);
      }
    } finally {
      this.ended += 1;
    }
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake();
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener("abort", wake);
    });
  }
}

const events = {
  /** Pieces of text. */
  ask: z.object({ question: z.string().default("") }),
  /** Whole renders. */
  tell: null,
  count: null,
  leave: null,
  effects: null,
  vanish: null,
  nothing: null,
};

interface State {
  text: string;
  question: string;
  count: number;
  asked: number;
  isAsked: boolean;
}

/** A component that says what its script says. */
export function speaker(mode: "abort" | "restart" | "resume", script: Script) {
  return class Speaker extends StreamingComponent<State> {
    static override template = "speaker";
    static override events = events;
    static override stream = mode;

    override mount() {
      this.state = { text: "", question: "", count: 0, asked: 0, isAsked: false };
    }

    async *on_ask({ question }: Payload<typeof events, "ask">) {
      Object.assign(this.state, { text: "", question, isAsked: true, asked: this.state.asked + 1 });
      yield;
      for await (const piece of script.read(this.signal)) {
        this.state.text += piece;
        yield this.append("text", piece);
      }
    }

    async *on_tell() {
      for await (const piece of script.read(this.signal)) {
        this.state.text = piece;
        yield;
      }
    }

    on_count() {
      this.state.count += 1;
    }

    async *on_leave() {
      yield;
      this.redirect("/elsewhere");
    }

    async *on_nothing() {
      this.unchanged();
      if (this.state.count < 0) yield;
    }

    async *on_effects() {
      this.state.text = "one";
      yield;
      this.state.text = "two";
      yield;
      this.pushUrl("/pushed");
      this.trigger("told", { what: "ünïcode" });
    }

    async *on_vanish() {
      yield;
      this.remove();
      this.pushUrl("/pushed");
      this.trigger("told", { what: "gone" });
    }
  };
}

export const speakerTemplate = template<State>(
  ({ state, root, on: send, appends, stop }) => html`<section ${root()}>
    <form ${send("ask")}><input name="question" aria-label="Question"><button class="ask">Ask</button></form>
    <button class="tell" ${send("tell")}>Tell</button>
    <button class="count" ${send("count")}>Count</button>
    <button class="leave" ${send("leave")}>Leave</button>
    <button class="effects" hx-push-url="true" ${send("effects")}>Effects</button>
    <button class="vanish" ${send("vanish")}>Vanish</button>
    <button class="nothing" ${send("nothing")}>Nothing</button>
    <button ${stop()}>Stop</button>
    <output class="counted">${state.count}</output>
    <b class="question">${state.question}</b>
    ${state.isAsked ? "" : html`<button class="once" name="question" value="once" ${send("ask")}>Only once</button>`}
    <pre ${appends("text")}>${state.text}</pre>
  </section>`,
);

/** The same where the root itself is a form. */
export const formTemplateOfSpeaker = template<State>(
  ({ state, root, on: send, appends }) => html`<form ${root()}>
    <input name="question" aria-label="Question" required><button class="ask" ${send("ask")}>Ask</button>
    <pre ${appends("text")}>${state.text}</pre>
  </form>`,
);

/** A network between browser and server that a test can break. */
export interface Network {
  /** Koa middleware. */
  readonly pass: (ctx: Context, next: Next) => Promise<unknown>;
  /** Resets the connections of all answers that are under way at addresses like this. @returns how many there were. */
  cut(path: RegExp): number;
  /** From now on requests like this are answered with this status; `undefined` lets them through again. */
  refuse(path: RegExp, status: number | undefined): void;
  /** Keeps what answers like this say from the browser, until they are let go. */
  hold(path: RegExp): void;
  release(): void;
  /** How many pieces are kept. */
  held(): number;
}

export function network(): Network {
  const held: (() => void)[] = [];
  const releases: (() => void)[] = [];
  const open = new Set<Context>();
  const refused = new Map<string, { readonly path: RegExp; readonly status: number }>();
  return {
    async pass(ctx, next) {
      const found = [...refused.values()].find(({ path }) => path.test(`${ctx.method} ${ctx.url}`));
      if (found !== undefined) {
        ctx.status = found.status;
        ctx.body = "<title>Proxy</title><h1>Not now</h1>";
        return;
      }
      open.add(ctx);
      ctx.res.on("close", () => open.delete(ctx));
      return next();
    },
    cut(path) {
      const found = [...open].filter((ctx) => path.test(`${ctx.method} ${ctx.url}`));
      for (const { req } of found) req.socket.destroy();
      return found.length;
    },
    refuse(path, status) {
      if (status === undefined) refused.delete(path.source);
      else refused.set(path.source, { path, status });
    },
    hold(path) {
      for (const { res, method, url } of open) {
        if (!path.test(`${method} ${url}`)) continue;
        const { write } = res;
        res.write = ((chunk: string) => {
          held.push(() => write.call(res, chunk, "utf8"));
          return true;
        }) as typeof write;
        releases.push(() => {
          res.write = write;
        });
      }
    },
    release() {
      for (const release of releases.splice(0)) release();
      for (const write of held.splice(0)) write();
    },
    held: () => held.length,
  };
}

/** An answer written down to the last byte. */
export function rawStream(ctx: Context, chunks: readonly string[], mode = "abort"): void {
  ctx.set({ "Content-Type": "text/event-stream; charset=utf-8", "Hydrant-Stream": `${mode} raw` });
  ctx.body = Readable.from(chunks);
}
