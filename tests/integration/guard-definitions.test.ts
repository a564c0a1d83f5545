import {
  AllowAny,
  and,
  BasePermission,
  Component,
  type ComponentClass,
  type ComponentServerOptions,
  createComponentServer,
  DefinitionError,
  HasPermission,
  IsStaff,
  not,
  or,
  type PermissionRule,
} from "hydrant";
import { hydrantKoa } from "hydrant/koa";
import { memoryLimitStore } from "hydrant/limits";
import { html, taggedRenderer } from "hydrant/tagged";
import { describe, expect, it } from "vitest";
import { testLog } from "../support/log.js";

const renderer = taggedRenderer({ templates: { plain: ({ root }) => html`<p ${root()}></p>` } });

class Plain extends Component {
  static override template = "plain";
  static override events = { act: null };
  override mount() {
    this.state = {};
  }
  on_act() {}
}

/** What `readonly` types would stop; JavaScript does not. */
type Statics = Readonly<Record<string, unknown>>;

function plainWith(statics: Statics): ComponentClass {
  return Object.assign(class extends Plain {}, statics) as ComponentClass;
}

function start(options: Partial<ComponentServerOptions> = {}) {
  const keys = ["guard-key-5wQ8eR2tY6uI1oP4aS7dZx"];
  return createComponentServer({
    components: { plain: Plain },
    renderer,
    keys,
    log: testLog(),
    limitStore: memoryLimitStore(),
    ...options,
  });
}

function refusal(statics: Statics, options: Partial<ComponentServerOptions> = {}): string {
  return messageOf(() => start({ components: { plain: plainWith(statics) }, ...options }));
}

function messageOf(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(DefinitionError);
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
}

describe("permissions that cannot guard anything are refused at start", () => {
  it("for an event that is not there: the message names it and the events there are", () => {
    const message = refusal({ eventPermissions: { act: IsStaff, remvoe: IsStaff } });
    expect(message).toBe(
      'plain: `static eventPermissions` names "remvoe", which plain does not answer. Its events: act.',
    );
    expect(refusal({ eventPermissions: { mount: IsStaff } })).toContain('names "mount"');
  });

  it.each([
    ["a text", "IsStaff"],
    ["a class that is no permission", Plain],
    ["the class that permissions extend", BasePermission],
    ["a function", () => true],
    ["nothing, as after an import that went wrong", undefined],
    ["null", null],
    ["true", true],
  ])("that are %s: the message says where and what to give", (_what, rule) => {
    for (const [statics, where] of [
      [{ permissions: [rule] }, "plain: `static permissions`"],
      [{ permissions: [IsStaff, rule] }, "plain: `static permissions`"],
      [{ eventPermissions: { act: rule } }, 'plain: `static eventPermissions` of "act"'],
      [{ eventPermissions: { act: [AllowAny, rule] } }, 'plain: `static eventPermissions` of "act"'],
    ] as const) {
      expect(refusal(statics)).toMatch(/ holds .*, which is no permission\. Give a class that extends BasePermission/);
      expect(refusal(statics).startsWith(where)).toBe(true);
    }
    const permissions = [rule] as unknown as PermissionRule[];
    expect(refusal({}, { permissions })).toContain("the option `permissions` holds");
  });

  it("that are there and undefined: they do not leave the component to everybody", () => {
    expect(refusal({ permissions: undefined })).toMatch(/^plain: `static permissions` holds undefined, which is no/);
    const Guarded = plainWith({ permissions: undefined });
    const below = class extends Guarded {} as ComponentClass;
    expect(messageOf(() => start({ components: { plain: below } }))).toContain("holds undefined");
  });

  it("in and(), or() and not(): those of nothing, and of what is no permission", () => {
    expect(messageOf(() => and())).toBe("and() needs at least one permission.");
    expect(messageOf(() => or())).toBe("or() needs at least one permission.");
    for (const rule of [undefined, "IsStaff", () => true, BasePermission] as unknown as PermissionRule[]) {
      for (const [name, make] of Object.entries({ and, or, not })) {
        expect(messageOf(() => make(rule))).toMatch(new RegExp(`^${name}\\(\\) holds .*, which is no permission`));
      }
    }
  });

  it("HasPermission without a name, also where the class itself is given", () => {
    for (const names of ["", [], ["a", ""], [undefined], undefined] as unknown as string[]) {
      expect(messageOf(() => new HasPermission(names))).toContain("HasPermission needs the name of a permission");
    }
    expect(refusal({ permissions: HasPermission })).toContain("HasPermission needs the name of a permission");
  });
});

describe("limits that cannot be kept are refused at start", () => {
  it("for an event that is not there: the message names it and the events there are", () => {
    expect(refusal({ eventLimits: { press: "3/min" } })).toBe(
      'plain: `static eventLimits` names "press", which plain does not answer. Its events: act.',
    );
  });

  it.each(["60", "60/week", "0/min", { points: 1 }, { points: 1, seconds: 60, key: "everybody" }, null, undefined])(
    "written as %o: the message says how one is written",
    (rule) => {
      expect(refusal({ eventLimits: { act: rule } })).toMatch(/^the limit of plain\.act is .*; write it as "60\/min"/);
      if (rule !== undefined) expect(refusal({ limits: rule })).toMatch(/^the limit of plain is /);
    },
  );

  it("for longer than a store can count: the message says how long one may last", () => {
    const expected = "lasts 2592000 seconds; a window may last 24 days (2,147,483 seconds) at most.";
    expect(refusal({ limits: "1/30d" })).toBe(`the limit of plain ${expected}`);
    expect(refusal({ eventLimits: { act: ["1/s", "1/30d"] } })).toBe(`the limit of plain.act.2 ${expected}`);
    expect(refusal({}, { sealFailures: "1/30d" })).toContain(expected);
  });

  it("without a store that counts: the message says which to give", () => {
    const withoutStore = (statics: Statics) =>
      messageOf(() =>
        createComponentServer({
          components: { plain: plainWith(statics) },
          renderer,
          keys: ["guard-key-5wQ8eR2tY6uI1oP4aS7dZx"],
          log: testLog(),
        }),
      );
    for (const statics of [{ limits: "60/min" }, { eventLimits: { act: "60/min" } }]) {
      expect(withoutStore(statics)).toContain("declares limits, but nothing counts them. Give the server a store");
    }
  });

  it("with a policy nobody knows for when the store is down", () => {
    expect(refusal({}, { limitsDown: "ignore" as "allow" })).toContain('`limitsDown` must be "refuse" or "allow"');
  });
});

describe("offers and kept mounts that cannot work are refused at start", () => {
  it("for offers that are neither open nor sealed", () => {
    expect(refusal({ offers: "closed" })).toBe('plain: `static offers` is closed; it must be "open" or "sealed".');
  });

  it.each([
    {},
    { seconds: 0 },
    { seconds: -1 },
    { seconds: "30" },
    { seconds: Number.NaN },
    { seconds: 30, vary: "locale" },
    { seconds: 30, vary: [1] },
    30,
    null,
  ])("for a cache of %o", (cache) => {
    expect(refusal({ cache })).toMatch(/^plain: `static cache` takes \{ seconds: 30, vary: \["locale"\] \}/);
  });
});

describe("a door that cannot tell who asks is refused at start", () => {
  it.each([-1, 1.5, Number.NaN, "1"])("with %o trusted proxies", (trustedProxies) => {
    const make = () => hydrantKoa(start(), { trustedProxies: trustedProxies as number });
    expect(messageOf(make)).toContain("trustedProxies is the number of proxies");
  });

  it.each(["sign-in", "//evil.example", "/\\evil.example", "https://evil.example/"])(
    "with the sign-in page %s",
    (signIn) => {
      expect(messageOf(() => hydrantKoa(start(), { signIn }))).toContain("give a path of this site");
    },
  );
});
