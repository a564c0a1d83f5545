import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import {
  Component,
  type ComponentClass,
  type ComponentServerOptions,
  createComponentServer,
  type Payload,
} from "hydrant";
import { componentsOf, hydrantKoa, type KoaDoorOptions } from "hydrant/koa";
import { nunjucksRenderer } from "hydrant/nunjucks";
import Koa from "koa";
import { z } from "zod";
import { serve } from "../socket/serve.js";

const events = { increment: z.object({ by: z.coerce.number().int().min(1).max(10).default(1) }) };

export class Counter extends Component<{ count: number }> {
  static override template = "counter.njk";
  static override params = z.object({ start: z.coerce.number().int().default(0) });
  static override state = z.object({ count: z.number().int() });
  static override events = events;

  override mount({ start }: { start: number }) {
    this.state = { count: start };
  }

  on_increment({ by }: Payload<typeof events, "increment">) {
    this.state.count += by;
  }
}

/** Serves one page with a counter of this class. */
export function serveCounter(
  counter: ComponentClass,
  options: Partial<ComponentServerOptions> = {},
  door: KoaDoorOptions = {},
): void {
  const server = createComponentServer({
    components: { counter },
    renderer: nunjucksRenderer(fileURLToPath(new URL("../../bench/event/templates", import.meta.url))),
    keys: [randomBytes(32).toString("base64url")],
    log: { info() {}, warn() {}, error: console.error },
    ...options,
  });
  const app = new Koa();
  app.use(hydrantKoa(server, door));
  app.use((ctx) => componentsOf(ctx).render("page.njk"));
  serve(app.callback());
}
