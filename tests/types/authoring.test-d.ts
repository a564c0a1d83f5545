import {
  Component,
  type ComponentClass,
  ComponentRegistry,
  type ComponentServerOptions,
  createComponentServer,
  type Payload,
  type Renderer,
} from "hydrant";
import * as v from "valibot";
import { describe, expectTypeOf, test } from "vitest";
import { z } from "zod";

declare const renderer: Renderer;

const events = {
  add: z.object({ title: z.string(), count: z.coerce.number().default(1) }),
  tag: v.object({ name: v.pipe(v.string(), v.trim()), rank: v.optional(v.number(), 0) }),
  clear: null,
};

class TodoList extends Component<{ titles: string[] }, { owner: string }> {
  static override readonly template = "todo";
  static override readonly params = z.object({ owner: z.string() });
  static override readonly state = z.object({ titles: z.array(z.string()) });
  static override readonly events = events;
  static override readonly slots = ["default"] as const;
  static override readonly locked = ["titles"] as const;
  static override readonly storage = "store";
  static override readonly version = 2;
  static override readonly migrate = (state: { names: string[] }) => ({ titles: state.names });

  override mount({ owner }: { owner: string }): void {
    this.state = { titles: [owner] };
  }

  on_add({ title }: Payload<typeof events, "add">): void {
    this.state.titles.push(title);
  }

  async on_tag({ name }: Payload<typeof events, "tag">): Promise<void> {
    await Promise.resolve(name);
  }

  async *on_clear() {
    yield;
    this.state.titles = [];
  }
}

describe("a payload", () => {
  test("is what a Zod schema lets through, defaults and conversions included", () => {
    expectTypeOf<Payload<typeof events, "add">>().toEqualTypeOf<{ title: string; count: number }>();
  });

  test("is what a Valibot schema lets through", () => {
    expectTypeOf<Payload<typeof events, "tag">>().toEqualTypeOf<{ name: string; rank: number }>();
  });

  test("is empty where the event declares none", () => {
    expectTypeOf<Payload<typeof events, "clear">>().toEqualTypeOf<Record<string, never>>();
  });

  test("exists only for declared events", () => {
    // @ts-expect-error -- "remove" is not one of the events
    expectTypeOf<Payload<typeof events, "remove">>();
  });

  test("reaches the handler with its type", () => {
    expectTypeOf<TodoList["on_add"]>().parameters.toEqualTypeOf<[{ title: string; count: number }]>();
    expectTypeOf<TodoList["on_tag"]>().returns.resolves.toBeVoid();
    expectTypeOf<TodoList["on_clear"]>().returns.toExtend<AsyncGenerator>();
  });

  test("has no fields but those of its schema", () => {
    class Typo extends TodoList {
      override on_add(payload: Payload<typeof events, "add">): void {
        // @ts-expect-error -- the schema calls it "title"
        this.state.titles.push(payload.titel);
      }
    }
    expectTypeOf(Typo).toExtend<ComponentClass>();
  });
});

describe("a component", () => {
  test("knows its state, its params and who asks", () => {
    type Todo = InstanceType<typeof TodoList>;
    expectTypeOf<Todo["state"]>().toEqualTypeOf<{ titles: string[] }>();
    expectTypeOf<Todo["params"]>().toEqualTypeOf<{ owner: string }>();
    expectTypeOf<Todo["mount"]>().parameter(0).toEqualTypeOf<{ owner: string }>();
    expectTypeOf<Todo["signal"]>().toEqualTypeOf<AbortSignal>();
    expectTypeOf<Todo["caller"]["user"]>().extract<null>().toEqualTypeOf<null>();
  });

  test("cannot mount with other params than it was declared with", () => {
    class Other extends Component<object, { owner: string }> {
      // @ts-expect-error -- owner is a string
      override mount(_params: { owner: number }): void {}
    }
    expectTypeOf(Other).toExtend<ComponentClass>();
  });

  test("cannot take a state apart that it does not have", () => {
    class Other extends Component<{ count: number }> {
      on_add(): void {
        // @ts-expect-error -- count is a number
        this.state.count = "one";
        // @ts-expect-error -- there is no total
        this.state.total = 1;
      }
    }
    expectTypeOf(Other).toExtend<ComponentClass>();
  });

  test("cannot change its identity, params or caller", () => {
    class Other extends Component {
      on_add(): void {
        // @ts-expect-error -- the page chose it
        this.id = "c-other";
        // @ts-expect-error -- the door says who asks
        this.caller = { user: null, session: null };
      }
    }
    expectTypeOf(Other).toExtend<ComponentClass>();
  });

  test("declares only what exists, in its own shape", () => {
    // @ts-expect-error -- state is sealed or stored
    class Places extends Component {
      static override readonly storage = "disk";
    }
    // @ts-expect-error -- an event needs a schema, or null
    class Schemas extends Component {
      static override readonly events = { add: { title: "string" } };
    }
    expectTypeOf<typeof Places>().not.toExtend<ComponentClass>();
    expectTypeOf<typeof Schemas>().not.toExtend<ComponentClass>();
  });

  test("gives its effects to its own handlers only", () => {
    const todo = {} as TodoList;
    // @ts-expect-error -- only a handler redirects
    todo.redirect("/elsewhere");
    // @ts-expect-error -- only a handler triggers
    todo.trigger("saved");
  });
});

describe("a registry", () => {
  const registry = new ComponentRegistry();

  test("registers as a decorator, and the class keeps its type", () => {
    @registry.register("clock")
    class Clock extends Component<{ now: Date }> {
      static override readonly template = "clock";
      tick(): Date {
        return this.state.now;
      }
    }
    expectTypeOf<InstanceType<typeof Clock>["tick"]>().returns.toEqualTypeOf<Date>();
  });

  test("registers as a function, and returns the class with its type", () => {
    expectTypeOf(registry.register("todo", TodoList)).toEqualTypeOf<typeof TodoList>();
    expectTypeOf(registry.register("todo")(TodoList)).toEqualTypeOf<typeof TodoList>();
  });

  test("takes nothing but components", () => {
    class Plain {}
    // @ts-expect-error -- not a component
    registry.register("plain", Plain);
    // @ts-expect-error -- not a class
    registry.register("plain", new TodoList({} as never));
    // @ts-expect-error -- a name is a text
    registry.register(5, TodoList);
    // @ts-expect-error -- not a component
    @registry.register("decorated")
    class Decorated {}
    expectTypeOf(Decorated).not.toExtend<ComponentClass>();
  });
});

describe("a server", () => {
  test("takes components by name or a registry, with every validator", () => {
    expectTypeOf(createComponentServer).toBeCallableWith({ components: { todo: TodoList }, renderer });
    expectTypeOf(createComponentServer).toBeCallableWith({ components: new ComponentRegistry(), renderer });
    expectTypeOf(createComponentServer).toBeCallableWith({
      components: { todo: TodoList },
      renderer,
      keys: [process.env.HYDRANT_KEY],
      mode: "development",
      limits: { bodyBytes: 1 },
    });
    expectTypeOf<typeof TodoList>().toExtend<ComponentClass>();
  });

  test("refuses options nobody knows, classes that are no components and a missing renderer", () => {
    const options = { components: { todo: TodoList }, renderer };
    expectTypeOf<ComponentServerOptions["mode"]>().toEqualTypeOf<"development" | "production" | undefined>();
    // @ts-expect-error -- there is no such mode
    createComponentServer({ ...options, mode: "test" });
    // @ts-expect-error -- there is no such limit
    createComponentServer({ ...options, limits: { bodySize: 1 } });
    // @ts-expect-error -- a date is not a component
    createComponentServer({ ...options, components: { date: Date } });
    // @ts-expect-error -- without a renderer nothing can be shown
    createComponentServer({ components: { todo: TodoList } });
  });
});
