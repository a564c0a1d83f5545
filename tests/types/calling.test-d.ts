import {
  type ComponentServer,
  compose,
  DefinitionError,
  ERRORS,
  type ErrorCode,
  type EventCall,
  type Failure,
  type Fragment,
  HydrantError,
  type Outcome,
  type Output,
  type Renderer,
  type Schema,
  type View,
} from "hydrant";
import { type ComponentsContext, hydrantKoa, type KoaDoorOptions } from "hydrant/koa";
import { nunjucksRenderer } from "hydrant/nunjucks";
import { html, taggedRenderer } from "hydrant/tagged";
import { createTestDoor } from "hydrant/testing";
import type { Middleware } from "koa";
import * as v from "valibot";
import { describe, expectTypeOf, test } from "vitest";
import { z } from "zod";

declare const server: ComponentServer;

describe("schemas", () => {
  test("of Zod and of Valibot are both schemas", () => {
    expectTypeOf(z.object({ a: z.string() })).toExtend<Schema>();
    expectTypeOf(v.object({ a: v.string() })).toExtend<Schema>();
    expectTypeOf<Output<ReturnType<typeof z.string>>>().toBeString();
    expectTypeOf<Output<v.NumberSchema<undefined>>>().toBeNumber();
  });

  test("a function or a plain object is none", () => {
    expectTypeOf<(value: unknown) => boolean>().not.toExtend<Schema>();
    expectTypeOf<{ a: string }>().not.toExtend<Schema>();
  });
});

describe("errors", () => {
  test("carry a code of the table, and a switch over it narrows", () => {
    const { code } = new HydrantError("forbidden");
    expectTypeOf(code).toEqualTypeOf<ErrorCode>();
    if (code === "forbidden" || code === "unauthenticated") {
      expectTypeOf(code).toEqualTypeOf<"forbidden" | "unauthenticated">();
    } else {
      expectTypeOf(code).extract<"forbidden">().toBeNever();
      expectTypeOf(code).extract<"rate_limited">().toEqualTypeOf<"rate_limited">();
    }
    expectTypeOf<Failure["code"]>().toEqualTypeOf<ErrorCode>();
  });

  test("have one known status for each code", () => {
    expectTypeOf(ERRORS.invalid.status).toEqualTypeOf<422>();
    expectTypeOf(ERRORS.rate_limited.client).toEqualTypeOf<"retry">();
    expectTypeOf<keyof typeof ERRORS>().toEqualTypeOf<ErrorCode>();
  });

  test("cannot be made with a code nobody knows", () => {
    // @ts-expect-error -- the table has no such code
    new HydrantError("teapot");
    // @ts-expect-error -- fields hold lists of messages
    new HydrantError("invalid", undefined, { fields: { title: "Too short" } });
    expectTypeOf(new DefinitionError("missing")).toExtend<Error>();
  });
});

describe("calls", () => {
  test("end in an outcome that is a fragment", () => {
    expectTypeOf(server.dispatch).returns.resolves.toEqualTypeOf<Outcome>();
    expectTypeOf(server.mount).returns.resolves.toEqualTypeOf<Outcome>();
    expectTypeOf<Outcome>().toExtend<Fragment>();
    expectTypeOf<Outcome["kind"]>().toEqualTypeOf<"done" | "invalid" | "stale" | "nothing" | "removed" | "redirect">();
    expectTypeOf(server.resolve).returns.resolves.toBeObject();
  });

  test("need to say what is asked and who asks", () => {
    expectTypeOf<EventCall>().toHaveProperty("caller");
    // @ts-expect-error -- nobody asks
    void server.mount({ component: "todo" });
    // @ts-expect-error -- an event needs the state it starts from
    void server.dispatch({ component: "todo", event: "add", caller: { user: null, session: "s" } });
  });

  test("through the test door take an instance or a component's name", () => {
    const door = createTestDoor(server);
    expectTypeOf(door.mount).parameter(0).toBeString();
    expectTypeOf(door.send).returns.resolves.toHaveProperty("status").toBeNumber();
    // @ts-expect-error -- an event is sent to an instance, not to a name
    void door.send("todo", "add");
  });
});

describe("composition and templates", () => {
  test("compose takes params, a key and slots", () => {
    expectTypeOf(compose("card", { title: "x" }, { key: "k", slots: { default: compose("clock") } })).toBeObject();
    // @ts-expect-error -- a slot holds components or finished HTML, so that a text cannot slip in unescaped
    compose("card", {}, { slots: { default: "<b>bold</b>" } });
  });

  test("a template function gets the view and gives finished HTML", () => {
    expectTypeOf(taggedRenderer({ templates: { a: ({ root }) => html`<p ${root()}></p>` } })).toExtend<Renderer>();
    expectTypeOf(taggedRenderer).parameter(0).toHaveProperty("templates");
    expectTypeOf<View>().toHaveProperty("on");
    // @ts-expect-error -- a plain text would not be escaped
    taggedRenderer({ templates: { a: () => "<p></p>" } });
  });

  test("the Nunjucks renderer takes folders and options it knows", () => {
    expectTypeOf(nunjucksRenderer("templates")).toExtend<Renderer>();
    // @ts-expect-error -- autoescape cannot be turned off
    nunjucksRenderer({ folders: "templates", autoescape: false });
  });
});

describe("the Koa door", () => {
  test("is a middleware, with the options it knows", () => {
    expectTypeOf(hydrantKoa(server)).toEqualTypeOf<Middleware>();
    expectTypeOf<KoaDoorOptions>().toHaveProperty("prefix");
    // @ts-expect-error -- there is no such option
    hydrantKoa(server, { path: "/components" });
    // @ts-expect-error -- the caller is found for each request
    hydrantKoa(server, { caller: { user: null } });
  });

  test("gives pages their components", () => {
    expectTypeOf<ComponentsContext["components"]["render"]>().returns.resolves.toBeVoid();
    expectTypeOf<ComponentsContext["components"]["fill"]>().returns.resolves.toBeString();
  });
});
