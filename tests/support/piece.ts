import {
  Component,
  type ComponentClass,
  type ComponentServer,
  type ComponentServerOptions,
  createComponentServer,
} from "hydrant";
import { html, taggedRenderer } from "hydrant/tagged";
import { createTestDoor, type TestDoor } from "hydrant/testing";
import { z } from "zod";
import { type TestClock, testClock } from "./clock.js";
import { type TestLog, testLog } from "./log.js";

/** What a test puts in the place of one piece of author's code. */
export interface Parts {
  handler?: (this: Component<{ total: unknown }>) => unknown;
  mount?: () => unknown;
  hydrated?: () => unknown;
  beforeRender?: () => unknown;
  getContext?: () => Record<string, unknown>;
  dehydrated?: (state: object) => object;
  template?: (state: { total: unknown }) => unknown;
}

export interface Bench {
  readonly door: TestDoor;
  readonly server: ComponentServer;
  readonly log: TestLog;
  readonly clock: TestClock;
  /** The pieces of the component; a test changes them after the mount. */
  readonly parts: Parts;
}

function pieceClass(parts: Parts): ComponentClass {
  return class Piece extends Component<{ total: unknown }> {
    static override template = "piece";
    static override events = { act: z.object({ slow: z.string().optional() }), calm: null };
    override mount() {
      this.state = { total: 1 };
      return parts.mount?.() as undefined;
    }
    override hydrated() {
      return parts.hydrated?.() as undefined;
    }
    override beforeRender() {
      return parts.beforeRender?.() as undefined;
    }
    override getContext() {
      return parts.getContext?.() ?? {};
    }
    override dehydrated() {
      return parts.dehydrated?.(this.state) ?? this.state;
    }
    on_act() {
      return parts.handler?.call(this);
    }
    on_calm() {}
  };
}

export function bench(options: Partial<ComponentServerOptions> = {}): Bench {
  const parts: Parts = {};
  const log = testLog();
  const clock = testClock();
  const renderer = taggedRenderer({
    templates: {
      piece: ({ root, state }) =>
        html`<p ${root()}>${parts.template?.(state as { total: unknown }) ?? (state as { total: unknown }).total}</p>`,
    },
  });
  const server = createComponentServer({
    components: { piece: pieceClass(parts) },
    renderer,
    keys: ["bench-key-9dK3mX7pQ1vR5tY8wZ2nB6"],
    log,
    clock,
    ...options,
  });
  return { parts, log, clock, server, door: createTestDoor(server) };
}

/** Sends the event with this piece in place; nothing is lost: the page's old seal works afterwards. */
export async function actWith(change: Parts, options: Partial<ComponentServerOptions> = {}) {
  const { door, parts, log } = bench(options);
  const piece = await door.mount("piece");
  Object.assign(parts, change);
  const answer = await door.send(piece, "act");
  for (const name of Object.keys(change)) delete parts[name as keyof Parts];
  const after = await door.send(piece, "calm");
  return { answer, after, log };
}
