import { DefinitionError, escapeHtml, HydrantError, SafeHtml } from "../../core/index.js";
import { Context } from "./context.js";
import { type EnvironmentParts, engine, SafeString } from "./engine.js";
import { Frame } from "./frame.js";
import { placeIn } from "./syntax.js";
import { CompiledTemplate } from "./template.js";

/** What compiled templates call while they run, besides what they take from Nunjucks' own runtime. */
const own = {
  Frame,
  text,
  suppressValue: (value: unknown, escaped: boolean) => (escaped ? text(value) : String(value ?? "")),
  contextOrFrameLookup,
  member,
  callWrap,
  callMember,
  filterable,
  makeKeywordArgs,
  include,
  locate,
};

export const runtime: Readonly<Record<string, unknown>> = { ...engine.runtime, ...own };

/** A value as HTML text: every kind but finished HTML is escaped. */
function text(value: unknown): string {
  if (typeof value === "string") return escapeHtml(value);
  if (typeof value === "number") return String(value);
  if (value === undefined || value === null) return "";
  if (value instanceof SafeHtml) return value.value;
  if (value instanceof SafeString) return value.val;
  if (typeof (value as Partial<Promise<unknown>>).then === "function") {
    throw new TypeError("a promise cannot be printed; await it before the template runs");
  }
  // Not String(value): a value without toString() fails here as it does in Nunjucks.
  return escapeHtml((value as object).toString());
}

function contextOrFrameLookup(context: Context, frame: Frame, name: string): unknown {
  const value = frame.lookup(name);
  return value !== undefined ? value : context.lookup(name);
}

function member(target: unknown, key: string): unknown {
  if (target === undefined || target === null) return undefined;
  const value = (target as Record<string, unknown>)[key];
  return typeof value === "function" ? engine.runtime.memberLookup(target, key) : value;
}

type Callable = (this: unknown, ...args: unknown[]) => unknown;

function call(callee: unknown, label: string, owner: unknown, args: unknown[]): unknown {
  if (typeof callee !== "function") {
    const what = callee ? "not a function" : "undefined or falsey";
    throw new Error(`Unable to call \`${label}\`, which is ${what}`);
  }
  return filterable((callee as Callable).apply(owner, args));
}

function callWrap(callee: unknown, label: string, context: Context, args: unknown[]): unknown {
  return call(callee, label, context, args);
}

/** Calls a method on its object, without the function that Nunjucks makes for each look-up. */
function callMember(target: unknown, key: string, label: string, args: unknown[]): unknown {
  const callee = target === undefined || target === null ? undefined : (target as Record<string, unknown>)[key];
  return call(callee, label, target, args);
}

/** Nunjucks' filters know their own safe strings only. */
function filterable(value: unknown): unknown {
  return value instanceof SafeHtml ? new SafeString(value.value) : value;
}

const KEYWORDS = { value: true };

/** Marks keyword arguments for macros and filters. The mark is hidden, so helpers get a plain object. */
function makeKeywordArgs(named: object): object {
  return Object.defineProperty(named, "__keywords", KEYWORDS);
}

interface Environment extends EnvironmentParts {
  getTemplate(name: unknown, eager: boolean, parent: string, ignoreMissing: boolean): CompiledTemplate;
}

function include(
  env: Environment,
  context: Context,
  frame: Frame,
  name: unknown,
  parent: string,
  ignoreMissing: boolean,
): string {
  const template = env.getTemplate(name, false, parent, ignoreMissing);
  if (!(template instanceof CompiledTemplate && context instanceof Context)) {
    return (template as CompiledTemplate).render((context as Context).getVariables(), frame);
  }
  return template.run(context.fork(template.blocks), frame);
}

/** Marks an error that already says where it came from. */
const LOCATED = Symbol("located");

/** Says where in which template something failed. A refusal for the browser keeps its code, and so its type. */
function locate(error: unknown, template: string, line: number): unknown {
  if (error instanceof HydrantError || (error instanceof Error && LOCATED in error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  const Kind = error instanceof DefinitionError ? DefinitionError : Error;
  return Object.assign(new Kind(`${placeIn(template, line)}: ${message}`, { cause: error }), { [LOCATED]: true });
}
