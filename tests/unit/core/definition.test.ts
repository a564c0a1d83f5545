import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { html, taggedRenderer } from "../../../src/adapters/tagged/index.js";
import {
  Component,
  type ComponentClass,
  ComponentRegistry,
  type ComponentServerOptions,
  createComponentServer,
  DefinitionError,
} from "../../../src/core/index.js";

const KEY = "kR3v0nQ8yT1mZ5wX7cB2dF4gH6jK9lP0";
const renderer = taggedRenderer({ templates: { show: ({ root }) => html`<p ${root()}></p>` } });
const quiet = { info() {}, warn() {}, error() {} };

function problemOf(options: Partial<ComponentServerOptions> & { components?: Record<string, ComponentClass> }): string {
  try {
    createComponentServer({ components: {}, renderer, keys: [KEY], log: quiet, ...options });
  } catch (error) {
    expect(error).toBeInstanceOf(DefinitionError);
    return (error as Error).message;
  }
  return "started";
}

class Plain extends Component {
  static override readonly template: string = "show";
}

describe("a server does not start", () => {
  it("with a handler that no event declares", () => {
    class Loose extends Plain {
      on_save() {}
    }
    expect(problemOf({ components: { loose: Loose } })).toMatch(/loose: on_save\(\).*Add `save: z\.object/);
  });

  it("with an event that has no handler", () => {
    class Empty extends Plain {
      static override readonly events = { save: null };
    }
    expect(problemOf({ components: { empty: Empty } })).toMatch(/"save" has no handler\. Add a method on_save\(\)/);
  });

  it.each(["mount", "constructor", "Save", "save it", "9lives"])("with an event called %j", (name) => {
    class Named extends Plain {
      static override readonly events = { [name]: null };
    }
    Object.defineProperty(Named.prototype, `on_${name}`, { value() {} });
    expect(problemOf({ components: { named: Named } })).toContain("cannot be the name of an event");
  });

  it("with a template that does not exist", () => {
    class Lost extends Component {
      static override readonly template = "nowhere";
    }
    expect(problemOf({ components: { lost: Lost } })).toContain('"nowhere"');
  });

  it("with a class that names no template", () => {
    class Bare extends Component {}
    expect(problemOf({ components: { bare: Bare } })).toContain("static template");
  });

  it.each(["Counter", "../x", "a b", "", "_live", "x".repeat(65)])("with a component called %j", (name) => {
    expect(problemOf({ components: { [name]: Plain } })).toContain("cannot be a component's name");
  });

  it("with locked fields that nothing derives, or that the state does not have", () => {
    class Locked extends Plain {
      static override readonly locked = ["price"];
    }
    expect(problemOf({ components: { locked: Locked } })).toContain("derive()");
    class Misspelt extends Locked {
      static override readonly state = z.object({ prize: z.number() });
      override derive() {
        return {};
      }
    }
    expect(problemOf({ components: { misspelt: Misspelt } })).toContain('"prize"');
  });

  it("with params whose names mean something else, in Zod and in Valibot", () => {
    class Keyed extends Plain {
      static override readonly params = z.object({ key: z.string() });
    }
    class Timed extends Plain {
      static override readonly params = v.object({ when: v.string() });
    }
    expect(problemOf({ components: { keyed: Keyed } })).toContain('"key"');
    expect(problemOf({ components: { timed: Timed } })).toContain('"when"');
  });

  it("with a version or a storage nobody knows", () => {
    class Half extends Plain {
      static override readonly version = 1.5;
    }
    expect(problemOf({ components: { half: Half } })).toContain("whole number");
    class Cloud extends Plain {
      static override readonly storage = "cloud" as "store";
    }
    expect(problemOf({ components: { cloud: Cloud } })).toContain('"seal" or "store"');
  });

  it("with an option or a limit that does not exist, or has no sense", () => {
    expect(problemOf({ sealTtl: 5 } as object)).toContain('"sealTtl"');
    expect(problemOf({ limits: { bodySize: 5 } as object })).toContain('"bodySize"');
    expect(problemOf({ sealMs: -1 })).toContain("sealMs");
    expect(problemOf({ limits: { callMs: Number.NaN } })).toContain("callMs");
    expect(problemOf({ mode: "staging" as "production" })).toContain("mode");
    expect(problemOf({ app: "" })).toContain("app");
  });

  it.each([
    ["no key", { keys: [] }],
    ["a key that was not set", { keys: [undefined] }],
    ["a short key", { keys: ["secret"] }],
    ["a key that can be guessed", { keys: ["0".repeat(64)] }],
    ["a bad second key", { keys: [KEY, "x"] }],
  ])("in production with %s", (_what, options) => {
    expect(problemOf(options)).toContain("randomBytes(32)");
  });
});

describe("a server in development", () => {
  it("makes a key where none is set, and says so", () => {
    const said: string[] = [];
    const log = { ...quiet, warn: (_fields: object, message: string) => said.push(message) };
    createComponentServer({ components: {}, renderer, keys: [undefined], mode: "development", log });
    expect(said).toEqual([expect.stringContaining("random one was made")]);
  });

  it("still refuses a key that protects nothing", () => {
    expect(problemOf({ keys: ["short"], mode: "development" })).toContain("shorter than 32 bytes");
  });
});

describe("a registry", () => {
  it("takes classes by decorator and by function", () => {
    const registry = new ComponentRegistry();
    @registry.register("first")
    class First extends Plain {}
    class Second extends Plain {}
    expect(registry.register("second", Second)).toBe(Second);
    expect([...registry.entries()]).toEqual([
      ["first", First],
      ["second", Second],
    ]);
    const server = createComponentServer({ components: registry, renderer, keys: [KEY] });
    expect(server.describe("first")).toBeDefined();
    expect(server.describe("third")).toBeUndefined();
  });

  it("refuses a second class under one name", () => {
    const registry = new ComponentRegistry();
    registry.register("same", Plain);
    expect(() => registry.register("same", Plain)).toThrow('two components are called "same"');
  });

  it("refuses what is not a component", () => {
    const registry = new ComponentRegistry();
    expect(() => registry.register("odd", class {} as unknown as ComponentClass)).toThrow(
      "not a class that extends Component",
    );
    expect(() => registry.register("none", null as unknown as ComponentClass)).toThrow(
      "not a class that extends Component",
    );
  });

  it("does not know the classes of another", () => {
    new ComponentRegistry().register("mine", Plain);
    expect([...new ComponentRegistry().entries()]).toEqual([]);
  });
});

describe("an inherited handler", () => {
  it("answers, and the one of the class itself wins", async () => {
    class Base extends Component<{ said: string }> {
      static override readonly template: string = "show";
      static override readonly events = { speak: null, sing: null };
      override mount() {
        this.state = { said: "" };
      }
      on_speak() {
        this.state.said = "base";
      }
      on_sing() {
        this.state.said = "song";
      }
    }
    class Derived extends Base {
      override on_speak() {
        this.state.said = "derived";
      }
    }
    const server = createComponentServer({ components: { derived: Derived }, renderer, keys: [KEY] });
    const caller = { user: { id: 1 }, session: null };
    const { state } = await server.mount({ component: "derived", caller });
    expect(await server.resolve({ component: "derived", event: "speak", state, caller })).toEqual({ said: "derived" });
    expect(await server.resolve({ component: "derived", event: "sing", state, caller })).toEqual({ said: "song" });
  });
});
