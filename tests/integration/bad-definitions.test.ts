import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  Component,
  type ComponentClass,
  ComponentRegistry,
  type ComponentServerOptions,
  createComponentServer,
  DefinitionError,
} from "hydrant";
import { hydrantKoa } from "hydrant/koa";
import { nunjucksRenderer } from "hydrant/nunjucks";
import { html, taggedRenderer } from "hydrant/tagged";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { testLog } from "../support/log.js";

const KEY = "definition-key-5wQ8eR2tY6uI1oP4aS7d";
const FOLDER = fileURLToPath(new URL("../conformance/templates", import.meta.url));
const renderer = taggedRenderer({ templates: { plain: ({ root }) => html`<p ${root()}></p>` } });

class Plain extends Component {
  static override template = "plain";
  static override events = { act: null };
  override mount() {
    this.state = {};
  }
  on_act() {}
}

/** Starts a server, and what it says when it refuses. */
function refusal(options: Partial<ComponentServerOptions>): string {
  try {
    createComponentServer({ components: { plain: Plain }, renderer, keys: [KEY], log: testLog(), ...options });
  } catch (error) {
    expect(error).toBeInstanceOf(DefinitionError);
    return (error as Error).message;
  }
  throw new Error("the server started");
}

function refusalOf(componentClass: ComponentClass): string {
  return refusal({ components: { plain: componentClass } });
}

describe("a component that cannot work", () => {
  it("has a template that does not exist: the message names it and where it was looked for", () => {
    class Missing extends Plain {
      static override template = "missing.njk";
    }
    const message = refusal({ components: { plain: Missing }, renderer: nunjucksRenderer(FOLDER) });
    expect(message).toContain("missing.njk");
    expect(message).toContain(FOLDER);
    expect(refusalOf(Missing)).toContain("Known: plain");
  });

  it("names no template: the message says what to write", () => {
    class None extends Plain {
      static override template = "";
    }
    expect(refusalOf(None)).toContain("`static template` is missing");
  });

  it("has a handler without an event: the message says what to declare", () => {
    class Extra extends Plain {
      on_rename() {}
    }
    expect(refusalOf(Extra)).toMatch(/on_rename\(\) is a handler without a declared event\. Add `rename: z\.object/);
  });

  it("has an event without a handler: the message says which method to add", () => {
    class Less extends Plain {
      static override events = { act: null, rename: z.object({}) };
    }
    expect(refusalOf(Less)).toMatch(/"rename" has no handler\. Add a method on_rename\(\)/);
  });

  it.each([
    "Act",
    "a b",
    "9",
    "mount",
    "render",
    "constructor",
    "prototype",
    "hydrate",
    "a.b",
    "__proto__",
    "ünder",
    "a".repeat(65),
  ])("calls an event %j: the message says what a name is", (name) => {
    class Named extends Component {
      static override template = "plain";
      static override events = JSON.parse(`{${JSON.stringify(name)}: null}`) as Record<string, null>;
    }
    Object.defineProperty(Named.prototype, `on_${name}`, { value() {} });
    expect(refusalOf(Named)).toMatch(/cannot be the name of an event\. Use lower-case letters/);
  });

  it.each(["Plain", "a b", "..", "", "__proto__", "a/b", "ünder", "1st", "a".repeat(65)])(
    "is called %j: the message says what a name is",
    (name) => {
      const components = JSON.parse(`{${JSON.stringify(name)}: null}`) as Record<string, unknown>;
      Object.defineProperty(components, name, { value: Plain, enumerable: true });
      expect(refusal({ components: components as Record<string, ComponentClass> })).toMatch(
        /cannot be a component's name\. Use lower-case letters/,
      );
    },
  );

  it("has the name of another: the message says to take another name", () => {
    const registry = new ComponentRegistry();
    registry.register("plain", Plain);
    expect(() => registry.register("plain", class extends Plain {})).toThrow(/two components are called "plain"/);
    expect(() => registry.register("plain")(class extends Plain {})).toThrow(DefinitionError);
  });

  it("is not a component: the message says what to extend", () => {
    for (const nonsense of [class {}, null, {}, () => {}, Component, "Plain"]) {
      expect(refusalOf(nonsense as unknown as ComponentClass)).toContain("extends Component");
    }
  });

  it("locks fields without giving them values, or fields it does not have", () => {
    class Locked extends Plain {
      static override locked = ["price"];
    }
    expect(refusalOf(Locked)).toMatch(/`static locked` needs a method derive\(\)/);
    class Wrong extends Locked {
      static override state = z.object({ total: z.number() });
      override derive() {
        return {};
      }
    }
    expect(refusalOf(Wrong)).toMatch(/locked fields "price" are not in `static state`/);
  });
});

describe("options that cannot work", () => {
  it("are unknown: the message lists the known ones", () => {
    expect(refusal({ secret: "x" } as object)).toMatch(/"secret" do not exist\. Known: components, renderer, keys/);
    expect(refusal({ limits: { body: 5 } as object })).toMatch(/"body" do not exist\. Known: bodyBytes/);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, "5"])(
    "bound something with %j: the message names the option",
    (value) => {
      expect(refusal({ sealMs: value as number })).toContain("`sealMs`");
      expect(refusal({ limits: { bodyBytes: value as number } })).toContain("`bodyBytes`");
    },
  );

  it.each(["components", "/", "/a/", "//a", "/a b", "/<a>", "/a?b", ""])(
    "mount a door at %j: the message shows a path",
    (prefix) => {
      const server = createComponentServer({ components: { plain: Plain }, renderer, keys: [KEY], log: testLog() });
      expect(() => hydrantKoa(server, { prefix })).toThrow(/must be a path such as "\/components"/);
    },
  );
});

/** Every key that stands in the documentation or the examples. */
function printedKeys(): string[] {
  const root = new URL("../../", import.meta.url);
  const texts = ["docs", "examples", "."].flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, root))
      .filter((name) => name.endsWith(".md"))
      .map((name) => readFileSync(new URL(`${folder}/${name}`, root), "utf8")),
  );
  return [...texts.join("\n").matchAll(/HYDRANT_\w*KEY=([\w-]{32,})/g)].map(([, key = ""]) => key);
}

describe("keys that protect nothing", () => {
  const FIX = "Make one with: node -p";

  it("are missing in production: the message says how to make one", () => {
    for (const keys of [undefined, [], [undefined], [""], [undefined, KEY]]) {
      const message = refusal(keys === undefined ? ({ keys } as object) : { keys });
      expect(message).toContain("randomBytes(32)");
    }
  });

  it.each([
    ["short", "x1y2z3", "is shorter than 32 bytes"],
    ["repeated", "abcabcabcabcabcabcabcabcabcabcabcabcabc", "repeats a few characters"],
    ["one character", "a".repeat(64), "repeats a few characters"],
  ])("are %s: the message says so and how to make one", (_what, key, problem) => {
    expect(refusal({ keys: [key] })).toContain(problem);
    expect(refusal({ keys: [KEY, key] })).toContain(`keys[1] ${problem}`);
    expect(refusal({ keys: [key] })).toContain(FIX);
    expect(refusal({ keys: [key], mode: "development" })).toContain(problem);
  });

  it("stand in the documentation: everybody knows them", () => {
    const printed = printedKeys();
    expect(printed.length).toBeGreaterThan(0);
    for (const key of printed) expect(refusal({ keys: [key] })).toContain("stands in the documentation");
  });

  it("are made in development, and the log says so; two servers make different ones", async () => {
    const log = testLog();
    const make = () => createComponentServer({ components: { plain: Plain }, renderer, mode: "development", log });
    const [one, other] = [make(), make()];
    expect(log.at("warn").map(({ message }) => message)[0]).toContain("a random one was made");
    const caller = { user: { id: 1 }, session: null };
    const { state } = await one.mount({ component: "plain", caller });
    await expect(other.dispatch({ component: "plain", event: "act", state, caller })).rejects.toMatchObject({
      code: "state_invalid",
    });
  });
});
