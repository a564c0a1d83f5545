import { z } from "zod";
import { html, taggedRenderer } from "../../../src/adapters/tagged/index.js";
import {
  type Clock,
  Component,
  type ComponentClass,
  type ComponentServerOptions,
  createComponentServer,
  HydrantError,
  type LogFields,
  type View,
} from "../../../src/core/index.js";

export const caller = { user: { id: 7 }, session: null };
const KEY = "kR3v0nQ8yT1mZ5wX7cB2dF4gH6jK9lP0";

export function testClock() {
  let time = Date.UTC(2026, 5, 1, 12);
  const tasks = new Map<number, () => void>();
  let last = 0;
  const clock: Clock = {
    now: () => time,
    after(ms, task) {
      const id = ++last;
      tasks.set(id, task);
      void ms;
      return () => tasks.delete(id);
    },
  };
  return {
    clock,
    pass: (ms: number) => {
      time += ms;
    },
    /** Runs every task that waits for its time. */
    fire: () => {
      for (const task of [...tasks.values()]) task();
    },
    waiting: () => tasks.size,
  };
}

export const show = ({ root, state }: View) => html`<div ${root()}>${JSON.stringify(state)}</div>`;

export function start(components: Record<string, ComponentClass>, options: Partial<ComponentServerOptions> = {}) {
  const logged: { level: string; message: string; fields: LogFields }[] = [];
  const note = (level: string) => (fields: LogFields, message: string) => {
    logged.push({ level, message, fields });
  };
  const server = createComponentServer({
    components,
    renderer: taggedRenderer({ templates: { show } }),
    keys: [KEY],
    log: { info: note("info"), warn: note("warn"), error: note("error") },
    ...options,
  });
  return { server, logged };
}

export const codeOf = async (call: Promise<unknown>): Promise<string> => {
  const error: unknown = await call.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  return error instanceof HydrantError ? error.code : String(error);
};

export class Note extends Component<{ text: string; tags: Set<string>; at: Date }, { text: string }> {
  static override readonly template: string = "show";
  static override readonly params = z.object({ text: z.string().default("empty") });
  static override readonly events = {
    write: z.object({ text: z.string().min(1) }),
    tag: z.object({ tag: z.string() }),
  };
  override mount({ text }: { text: string }) {
    this.state = { text, tags: new Set(), at: new Date(0) };
  }
  on_write({ text }: { text: string }) {
    this.state.text = text;
  }
  on_tag({ tag }: { tag: string }) {
    this.state.tags.add(tag);
  }
}
