import { setTimeout as wait } from "node:timers/promises";
import { Component, type ComponentClass, type Payload, StreamingComponent, type TopicQuestion } from "hydrant";
import { html, type TaggedTemplate, taggedRenderer } from "hydrant/tagged";
import { z } from "zod";
import type { ClusterDatabase } from "./database.js";

/** Items that a page shows; the newest of a topic. */
export const SHOWN = 100;

/** What the components of a node work with. */
export interface ClusterParts {
  readonly database: ClusterDatabase;
  /** Name of the node. */
  readonly node: string;
}

const topicParams = z.object({ topic: z.string() });
type TopicParams = z.infer<typeof topicParams>;
const topicOf = ({ params }: TopicQuestion<TopicParams>): readonly string[] => [params.topic];

/** One item as an element. Its id keeps a page from showing it twice. */
export function itemHtml(topic: string, seq: number) {
  return html`<li id="${topic}-${seq}" data-seq="${seq}"></li>`;
}

function boardClass({ database }: ClusterParts) {
  const events = { touch: null };
  /** The newest items of a topic, rendered again for every change; and how often somebody touched it. */
  return class Board extends Component<{ touches: number }, TopicParams> {
    static override template = "board";
    static override params = topicParams;
    static override state = z.object({ touches: z.number().int() });
    static override events = events;
    static override topics = topicOf;
    items: readonly number[] = [];
    override mount() {
      this.state = { touches: 0 };
    }
    on_touch() {
      this.state.touches += 1;
    }
    override beforeRender() {
      this.items = database.newest(this.params.topic, SHOWN);
    }
    override getContext() {
      return { items: this.items };
    }
  };
}

function tillClass({ database, node }: ClusterParts) {
  const events = { sell: z.object({ key: z.string(), ms: z.coerce.number().default(0) }) };
  /** Does something that must happen once for each intent; its state lies in the store. */
  return class Till extends Component<{ sold: number }> {
    static override template = "till";
    static override state = z.object({ sold: z.number().int() });
    static override storage = "store" as const;
    static override events = events;
    override mount() {
      this.state = { sold: 0 };
    }
    async on_sell({ key, ms }: Payload<typeof events, "sell">) {
      database.effect(`${key} begun`, node);
      if (ms > 0) await wait(ms);
      database.effect(key, node);
      this.state.sold += 1;
    }
    override getContext() {
      return { node };
    }
  };
}

/** Counts steps, one piece for each; goes on when its reader is lost. */
function stairsClass({ node }: ClusterParts) {
  const events = { climb: z.object({ steps: z.coerce.number().int(), ms: z.coerce.number() }) };
  return class Stairs extends StreamingComponent<{ step: number }> {
    static override template = "stairs";
    static override stream = "resume" as const;
    static override state = z.object({ step: z.number().int() });
    static override events = events;
    override mount() {
      this.state = { step: 0 };
    }
    async *on_climb({ steps, ms }: Payload<typeof events, "climb">) {
      for (let step = 1; step <= steps; step++) {
        await wait(ms, undefined, { signal: this.signal });
        this.state.step = step;
        yield this.append("steps", html`<i data-seq="${step}" data-node="${node}"></i>`);
      }
    }
  };
}

/** May be rung five times a minute, wherever. */
class Bell extends Component<{ rings: number }> {
  static override template = "bell";
  static override state = z.object({ rings: z.number().int() });
  static override events = { ring: null };
  static override eventLimits = { ring: "5/min" };
  override mount() {
    this.state = { rings: 0 };
  }
  on_ring() {
    this.state.rings += 1;
  }
}

export function clusterComponents(parts: ClusterParts): Readonly<Record<string, ComponentClass>> {
  const Board = boardClass(parts);
  /** The same with single pieces in between. */
  class Roll extends Board {
    static override template = "roll";
  }
  /** The same with its state in the store. */
  class Shelf extends Board {
    static override storage = "store" as const;
  }
  /** The same with so much in it that a reader who takes nothing is full soon. */
  class Poster extends Board {
    static override template = "poster";
  }
  const others = { till: tillClass(parts), stairs: stairsClass(parts), bell: Bell };
  return { board: Board, roll: Roll, shelf: Shelf, poster: Poster, ...others };
}

interface Shown {
  readonly items: readonly number[];
  readonly topic: string;
  readonly touches: number;
}

function shownOf(view: Parameters<TaggedTemplate>[0]): Shown {
  const { topic } = view.params as TopicParams;
  return { topic, items: view.items as readonly number[], ...(view.state as { readonly touches: number }) };
}

const list: TaggedTemplate = (view) => {
  const { items, topic, touches } = shownOf(view);
  return html`<section ${view.root()}><b data-touches="${touches}"></b><ol>${items.map((seq) => itemHtml(topic, seq))}</ol></section>`;
};

const FILLER = "so much to read on this poster ".repeat(2_000);

const templates: Readonly<Record<string, TaggedTemplate>> = {
  board: list,
  roll(view) {
    const { items, topic, touches } = shownOf(view);
    return html`<section ${view.root()}><b data-touches="${touches}"></b><ol ${view.appends("items")}>${items.map((seq) => itemHtml(topic, seq))}</ol></section>`;
  },
  poster(view) {
    const { items, topic, touches } = shownOf(view);
    return html`<section ${view.root()}><b data-touches="${touches}"></b><ol>${items.map((seq) => itemHtml(topic, seq))}</ol>${FILLER}</section>`;
  },
  till: (view) =>
    html`<section ${view.root()}><output>${(view.state as { sold: number }).sold}</output><i>${view.node}</i></section>`,
  stairs: (view) => html`<section ${view.root()}><p ${view.appends("steps")}></p></section>`,
  bell: (view) => html`<section ${view.root()}><output>${(view.state as { rings: number }).rings}</output></section>`,
};

type PageData = Parameters<TaggedTemplate>[0] & { readonly places: readonly (readonly [string, string])[] };

/** Templates of the components, and a page with whatever stands in its address. */
export function clusterRenderer() {
  const page = (data: Readonly<Record<string, unknown>>) => {
    const {
      places,
      component,
      component_assets: assets,
    } = data as unknown as PageData & { component_assets(): unknown };
    const body = places.map(([name, topic], key) => component(name, topic === "" ? { key } : { key, topic }));
    return html`<!doctype html><html lang="en"><head><title>Cluster</title>${assets()}</head><body>${body}</body></html>`;
  };
  return taggedRenderer({ templates, pages: { page } });
}
