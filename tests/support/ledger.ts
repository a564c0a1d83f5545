import { Feed } from "./ledger/feed.js";
import { Frames } from "./ledger/frames.js";
import { PageView } from "./ledger/page-view.js";
import { Topic } from "./ledger/topic.js";

/**
 * What somebody saw or did, in the order it happened. Items are numbered for each topic, from 1; a view is one instance on
 * one page, or one topic that a socket listens to.
 */
export type Entry =
  /** An item is about to be kept and published. */
  | { readonly kind: "sending"; readonly topic: string; readonly seq: number }
  /** It stands in the database. Where `certain` is false, it may stand in the log twice, late, or not at all. */
  | { readonly kind: "sent"; readonly topic: string; readonly seq: number; readonly certain: boolean }
  /** The node that alone knew of it is gone; whoever published it was told so. */
  | { readonly kind: "buried"; readonly topic: string; readonly seq: number }
  /** A page begins anew, or takes back what was in its state. */
  | { readonly kind: "begun"; readonly view: string; readonly topic: string }
  /** From here on it is told through another connection, maybe by a node that is behind. */
  | { readonly kind: "linked"; readonly view: string; readonly topic: string }
  /** The whole was rendered; from here on the page shows these. */
  | {
      readonly kind: "shown";
      readonly view: string;
      readonly topic: string;
      readonly items: readonly number[];
      readonly touches: number;
    }
  /** A single piece came for the end. */
  | { readonly kind: "piece"; readonly view: string; readonly topic: string; readonly seq: number }
  /** What was published came as it is. */
  | { readonly kind: "heard"; readonly view: string; readonly topic: string; readonly seq: number }
  /** It was said that something may have been missed. */
  | { readonly kind: "resync"; readonly view: string; readonly topic: string }
  /** The state of a view was changed so often, and that was answered. */
  | { readonly kind: "touched"; readonly view: string; readonly topic: string; readonly touches: number }
  /** Nothing is on its way: every view must be up to date. */
  | { readonly kind: "quiet" }
  /** Nobody waits for a stream any more: each must have ended with a word. */
  | { readonly kind: "finished" }
  /** A frame of a stream of so many steps. */
  | { readonly kind: "frame"; readonly stream: string; readonly number: number; readonly step: number }
  /** A stream ended with a last word: that it is done, or why it is not. */
  | { readonly kind: "ended"; readonly stream: string; readonly how: "done" | "interrupted"; readonly steps: number }
  /** Nobody reads a stream any more. */
  | { readonly kind: "left"; readonly stream: string };

/** Something that must not happen. */
export interface Finding {
  readonly kind: "lost" | "doubled" | "reordered" | "silent gap" | "wrong";
  readonly where: string;
  readonly what: string;
}

/** How often what happened. */
export type Counts = Readonly<Record<Entry["kind"], number>>;

const NONE: Counts = {
  sending: 0,
  sent: 0,
  buried: 0,
  begun: 0,
  linked: 0,
  shown: 0,
  piece: 0,
  heard: 0,
  resync: 0,
  touched: 0,
  quiet: 0,
  finished: 0,
  frame: 0,
  ended: 0,
  left: 0,
};

/** Most findings that are kept; by then it is clear that something is wrong. */
const MOST_FINDINGS = 200;

/** Looks at every entry as it comes and notes what must not happen. Holds no entries, so it has no end. */
export class Ledger {
  readonly findings: Finding[] = [];
  readonly #counts: Record<Entry["kind"], number> = { ...NONE };
  readonly #topics = new Map<string, Topic>();
  readonly #pages = new Map<string, PageView>();
  readonly #feeds = new Map<string, Feed>();
  readonly #frames = new Map<string, Frames>();

  /** @param shown Items that a whole render shows: the newest. */
  constructor(private readonly shown: number) {}

  get counts(): Counts {
    return this.#counts;
  }

  /** Items, pieces, renders and frames that readers were given. */
  get deliveries(): number {
    const { shown, piece, heard, frame } = this.#counts;
    return shown + piece + heard + frame;
  }

  note(entry: Entry): void {
    this.#counts[entry.kind]++;
    switch (entry.kind) {
      case "sending":
        return this.#topic(entry.topic).sending(entry.seq);
      case "sent":
        return this.#topic(entry.topic).sent(entry.seq, entry.certain);
      case "buried":
        return this.#topic(entry.topic).bury(entry.seq);
      case "begun":
        return this.#page(entry).begin();
      case "linked":
        return this.#page(entry).link();
      case "shown":
        return this.#page(entry).show(entry.items, entry.touches);
      case "piece":
        return this.#page(entry).append(entry.seq);
      case "touched":
        return this.#page(entry).touch(entry.touches);
      case "heard":
        return this.#feed(entry).hear(entry.seq);
      case "resync":
        this.#pages.get(entry.view)?.resync();
        this.#feeds.get(entry.view)?.resync();
        return;
      case "quiet":
        for (const page of this.#pages.values()) page.check();
        for (const feed of this.#feeds.values()) feed.check();
        return;
      case "finished":
        for (const frames of this.#frames.values()) frames.check();
        return;
      case "frame":
        return this.#stream(entry.stream).add(entry.number, entry.step);
      case "ended":
        return this.#stream(entry.stream).end(entry.how, entry.steps);
      case "left":
        return this.#stream(entry.stream).leave();
    }
  }

  /** A topic is listened to from now on. */
  listens(view: string, topic: string): void {
    this.#feeds.set(view, new Feed(view, this.#topic(topic), this.#find));
  }

  /** Nobody looks at a page any more. */
  forget(view: string): void {
    this.#pages.delete(view);
    this.#feeds.delete(view);
  }

  /** Whether a view shows all there is. */
  isUpToDate(view: string): boolean {
    return this.#pages.get(view)?.isUpToDate ?? this.#feeds.get(view)?.isUpToDate ?? false;
  }

  readonly #find = (finding: Finding): void => {
    if (this.findings.length < MOST_FINDINGS) this.findings.push(finding);
  };

  #topic(name: string): Topic {
    const topic = this.#topics.get(name) ?? new Topic(name);
    this.#topics.set(name, topic);
    return topic;
  }

  #page({ view, topic }: { readonly view: string; readonly topic: string }): PageView {
    const page = this.#pages.get(view) ?? new PageView(view, this.#topic(topic), this.shown, this.#find);
    this.#pages.set(view, page);
    return page;
  }

  #feed({ view, topic }: { readonly view: string; readonly topic: string }): Feed {
    const feed = this.#feeds.get(view);
    if (feed === undefined) throw new Error(`${view} heard of ${topic} before it listened`);
    return feed;
  }

  #stream(name: string): Frames {
    const frames = this.#frames.get(name) ?? new Frames(name, this.#find);
    this.#frames.set(name, frames);
    return frames;
  }
}
