import type nunjucks from "nunjucks";
import { SafeHtml } from "../../core/index.js";

/** The parts of Nunjucks' parser that a tag needs; its types leave them out. */
interface Parser {
  nextToken(): { value: string; lineno: number };
  parseSignature(tolerant: boolean | null, noParens: boolean): unknown;
  advanceAfterBlockEnd(name?: string): void;
  parseUntilBlocks(...names: string[]): unknown;
}

interface Nodes {
  CallExtension: new (extension: object, run: string, args: unknown, content: unknown[]) => object;
}

interface RunContext {
  lookup(name: string): unknown;
}

type Body = () => string;
/** Slots named inside a component tag while its body runs; a stack, because tags nest. */
const COLLECTORS = Symbol("slots");
type Collecting = RunContext & { [COLLECTORS]?: Record<string, SafeHtml>[] };

function parseBlock(this: { tags: string[] }, parser: Parser, nodes: Nodes): unknown {
  const [name] = this.tags;
  const token = parser.nextToken();
  const args = parser.parseSignature(null, true);
  parser.advanceAfterBlockEnd(token.value);
  const body = parser.parseUntilBlocks(`end${name}`);
  parser.advanceAfterBlockEnd();
  // Nunjucks does not note the line of a tag, and without it an error could not name it.
  return Object.assign(new nodes.CallExtension(this, "run", args, [body]), { lineno: token.lineno });
}

/** `{% component "card", title="x" %} … {% endcomponent %}`: what stands between goes into the slot `default`. */
export function componentTag(): nunjucks.Extension {
  const tag = {
    tags: ["component"],
    parse: parseBlock,
    run(context: Collecting, ...rest: unknown[]) {
      const body = rest.pop() as Body;
      const [name, args = {}] = rest as [string, object?];
      context[COLLECTORS] ??= [];
      const collectors = context[COLLECTORS];
      const named: Record<string, SafeHtml> = {};
      collectors.push(named);
      const content = body().trim();
      collectors.pop();
      const slots = content === "" ? named : { default: new SafeHtml(content), ...named };
      const component = context.lookup("component");
      if (typeof component === "function") return component(name, args, slots) as unknown;
      throw new Error(
        `{% component "${name}" %} needs the helper component(), which a macro from another file sees only when it is ` +
          "imported `with context`",
      );
    },
  };
  return tag as unknown as nunjucks.Extension;
}

/** `{% slot "footer" %} … {% endslot %}` inside a component tag. */
export function slotTag(): nunjucks.Extension {
  const tag = {
    tags: ["slot"],
    parse: parseBlock,
    run(context: Collecting, name: string, body: Body) {
      const named = context[COLLECTORS]?.at(-1);
      if (named === undefined) {
        throw new Error(
          `{% slot "${name}" %} stands outside {% component %}; in a component's own template write {{ slot("${name}") }}`,
        );
      }
      named[name] = new SafeHtml(body());
      return "";
    },
  };
  return tag as unknown as nunjucks.Extension;
}
