import { load } from "cheerio";
import {
  Component,
  type ComponentServer,
  type ComponentServerOptions,
  createComponentServer,
  type Payload,
} from "hydrant";
import { componentsOf } from "hydrant/koa";
import { html, taggedRenderer } from "hydrant/tagged";
import type { Context } from "koa";
import { z } from "zod";
import { testLog } from "./log.js";

const events = { increment: z.object({ by: z.coerce.number().int().min(1).max(10).default(1) }), leave: null };

class Counter extends Component<{ count: number }> {
  static override template = "counter";
  static override params = z.object({ start: z.coerce.number().int().default(0) });
  static override mountable = true;
  static override events = events;
  override mount({ start }: { start: number }) {
    this.state = { count: start };
  }
  on_increment({ by }: Payload<typeof events, "increment">) {
    this.state.count += by;
  }
  on_leave() {
    this.redirect("/bye");
  }
}

interface PageData {
  readonly component: (name: string, args?: object) => unknown;
  readonly component_assets: () => unknown;
  readonly [data: string]: unknown;
}

const renderer = taggedRenderer({
  templates: {
    counter: ({ root, on, state }) => html`<section ${root()}>
  <output>${(state as { count: number }).count}</output>
  <form ${on("increment")}><input name="by" value="1"><button>Add</button></form>
  <button ${on("increment", { by: 1 })}>+1</button>
</section>`,
  },
  pages: {
    page: (data) => {
      const { component, component_assets, title } = data as PageData;
      return html`<!doctype html><title>${title}</title>${component_assets()}<h1>Shop</h1>${component("counter", { start: 5 })}`;
    },
  },
});

/** A server with one counter, for tests of how doors are mounted. */
export function counterServer(options: Partial<ComponentServerOptions> = {}): ComponentServer {
  const keys = ["counter-key-4fJ8kP2sW6xZ9bN3vM7qT1"];
  return createComponentServer({ components: { counter: Counter }, renderer, keys, log: testLog(), ...options });
}

/** Answers with a page that shows one counter. */
export async function counterPage(ctx: object): Promise<void> {
  await componentsOf(ctx).render("page", { title: "Shop" });
}

/** Answers with the counter's page at one path, and leaves everything else to others. */
export function pageAt(path: string) {
  return async (ctx: Context, next: () => Promise<unknown>): Promise<void> => {
    if (ctx.path === path) await counterPage(ctx);
    else await next();
  };
}

/** What a page shows of its counter, and where its events go. */
export interface ShownCounter {
  readonly count: number;
  readonly state: string;
  /** Where its button sends. */
  readonly address: string;
  /** Where its form sends without JavaScript. */
  readonly action: string;
  readonly scripts: readonly string[];
}

export function counterIn(page: string): ShownCounter {
  const $ = load(page);
  return {
    count: Number($("output").text()),
    state: $('form [name="state"]').attr("value") ?? "",
    address: $("button[hx-post]").attr("hx-post") ?? "",
    action: $("form[hx-post]").attr("action") ?? "",
    scripts: $("script")
      .toArray()
      .map((one) => $(one).attr("src") ?? ""),
  };
}
