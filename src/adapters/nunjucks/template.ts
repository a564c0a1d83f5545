import { Context, type Done, type Run } from "./context.js";
import type { EnvironmentParts } from "./engine.js";
import { Frame } from "./frame.js";

export interface CompiledParts {
  readonly root: Run;
  readonly [block: `b_${string}`]: Run;
}

type Data = Readonly<Record<string, unknown>>;

/** A compiled template, with the methods that environments and compiled templates call on Nunjucks' own. */
export class CompiledTemplate {
  readonly rootRenderFunc: Run;
  readonly blocks: Record<string, Run> = {};
  readonly #env: EnvironmentParts;

  constructor(env: EnvironmentParts, parts: CompiledParts) {
    this.#env = env;
    this.rootRenderFunc = parts.root;
    for (const name of Object.keys(parts)) {
      if (name.startsWith("b_")) this.blocks[name.slice(2)] = parts[name as `b_${string}`] as Run;
    }
  }

  /** Nothing is left to do: a template is compiled when it is made. */
  compile(): void {}

  run(context: Context, around?: Frame): string {
    const frame = new Frame(around, around !== undefined);
    frame.topLevel = true;
    let result = "";
    this.rootRenderFunc(this.#env, context, frame, undefined, (_error, output) => {
      result = output;
    });
    return result;
  }

  render(data: Data = {}, around?: Frame | Done, done?: Done): string {
    const finish = typeof around === "function" ? around : done;
    const frame = typeof around === "function" ? undefined : around;
    const html = this.run(new Context(this.#env, data, this.blocks), frame);
    finish?.(null, html);
    return html;
  }

  /** Runs the template for the macros and values it makes. */
  getExported(...args: readonly [Done] | readonly [Data, Frame, Done]): void {
    const done = args.at(-1) as (error: unknown, exported: unknown) => void;
    const [data, around] = args.length === 1 ? [{}, undefined] : (args as readonly [Data, Frame, Done]);
    const context = new Context(this.#env, data, this.blocks);
    const frame = new Frame(around);
    frame.topLevel = true;
    this.rootRenderFunc(this.#env, context, frame, undefined, () => {});
    done(null, context.getExported());
  }
}
