import type { Frame } from "./calls.js";
import { ERRORS, HydrantError } from "./errors.js";
import type { HandlerFrames, StreamControl } from "./frames.js";
import type { Limits } from "./options.js";
import type { Clock } from "./ports/clock.js";
import type { JournalStore } from "./ports/journal-store.js";
import type { Logger } from "./ports/logger.js";
import type { SealBinding, Sealer } from "./seal.js";
import { type Entry, failureOf, type Reading, type Run, readingOf } from "./stream-reading.js";

/** What nodes tell each other about a stream. */
export interface StreamSignal {
  readonly name: string;
  /** Somebody reads it, so its handler goes on; or somebody wants it to end. */
  readonly say: "reading" | "stop";
}

/** Streams that are running on this node, and the journals of those that can be resumed. */
export interface Streams {
  /** A stream whose frames go to one reader. */
  direct(name: string, handler: HandlerFrames): Reading;
  /**
   * A stream whose frames are kept: once it is read the handler runs on by itself, and readers come and go.
   * @param seal What its event was sent with.
   * @throws {HydrantError} `unavailable` where nothing can be kept; then the handler has not begun.
   */
  journalled(name: string, seal: string, handler: HandlerFrames): Promise<Reading>;
  /** The frames of a kept stream after the given number. Where that is the last one it comes again, as the end. */
  read(name: string, after: number): Reading;
  /** What the event of a kept stream was sent with. @throws {HydrantError} `state_expired`, `unavailable`. */
  sealOf(name: string): Promise<string>;
  /** Ends a stream, on whichever node it runs. */
  stop(name: string): Promise<void>;
  /** A signal that came from a node. */
  hear(signal: StreamSignal): void;
  /** How many handlers run here. */
  running(): number;
  /** Ends those that still run. */
  end(error: unknown): void;
}

export interface StreamParts {
  readonly journal: JournalStore;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: Logger;
  /** Tells every node, this one included. */
  readonly tell: (signal: StreamSignal) => Promise<void>;
  readonly sealer: Sealer;
}

/** Milliseconds between looks at how a handler does whose frames are kept. */
const LOOK_MS = 4_000;

const JOURNAL = "journal";

/** Frames hold what one person sees, and journals lie in a store. */
function bindingOf(name: string): SealBinding {
  return { purpose: JOURNAL, component: JOURNAL, subject: name };
}

function down(cause: unknown): HydrantError {
  return new HydrantError("unavailable", "the journal store is down", { cause, retryAfter: 5 });
}

export function createStreams(parts: StreamParts): Streams {
  const { journal, clock, limits, log, tell, sealer } = parts;
  const controls = new Map<string, StreamControl>();
  const runs = new Map<string, Run>();

  function open(name: string, token: string): Entry {
    return JSON.parse(sealer.unseal(bindingOf(name), token).text) as Entry;
  }

  /** A handler counts as running until it has ended, and not only until nobody hears of it. */
  function forget(name: string, { ended }: HandlerFrames): void {
    void ended().finally(() => controls.delete(name));
  }

  async function* registered(name: string, handler: HandlerFrames): AsyncGenerator<Frame, void> {
    controls.set(name, handler);
    try {
      yield* handler.frames;
    } finally {
      forget(name, handler);
    }
  }

  /** Writes the entries of one journal, one after the other. After one that failed nobody knows where the next belongs. */
  function writerOf(name: string, run: Run): (entry: Entry) => Promise<void> {
    let bytes = 0;
    let writing: Promise<void> = Promise.resolve();

    async function append(text: string): Promise<void> {
      try {
        await journal.append(name, run.written, text, limits.streamMs + limits.graceMs);
      } catch (cause) {
        throw down(cause);
      }
      run.written++;
      for (const wake of run.waiting) wake();
    }

    return async (entry) => {
      const text = sealer.seal(bindingOf(name), JOURNAL, JSON.stringify(entry));
      bytes += text.length;
      if (bytes > limits.journalBytes && entry.failure === undefined) {
        throw new HydrantError("internal", "the frames of a stream take more than limits.journalBytes");
      }
      run.lastWrite = clock.now();
      writing = writing.then(() => append(text));
      return writing;
    };
  }

  /** Ends a handler that nobody reads, and says that one still runs which has nothing to show. */
  function watch(run: Run, write: (entry: Entry) => Promise<void>): () => void {
    const everyMs = Math.min(LOOK_MS, limits.graceMs / 4);
    const look = (): void => {
      const now = clock.now();
      cancel = clock.after(everyMs, look);
      if (now - run.lastRead > limits.graceMs) {
        run.fail(new HydrantError("cancelled", "nobody reads the stream"));
        run.begin();
      } else if (now - run.lastWrite >= LOOK_MS) write({}).catch(() => {}); // what fails here fails for the next frame too
    };
    let cancel = clock.after(everyMs, look);
    return () => cancel();
  }

  /** Writes frames to the journal as they come, until the handler ends or nobody has read for a while. */
  async function pump(name: string, run: Run, handler: HandlerFrames, write: (entry: Entry) => Promise<void>) {
    try {
      for await (const frame of handler.frames) await write({ frame });
    } catch (error) {
      const failure = failureOf(error);
      if (ERRORS[failure.code].status >= 500) log.error({ stream: name, error }, "a stream that can be resumed failed");
      else log.info({ stream: name, code: failure.code }, `a stream that can be resumed ended: ${failure.message}`);
      // Readers on this node need no journal for that.
      await write({ failure }).catch((cause: unknown) => {
        run.lost = new HydrantError(failure.code, failure.message, { cause, retryAfter: 5 });
      });
    } finally {
      runs.delete(name);
      for (const wake of run.waiting) wake();
      forget(name, handler);
    }
  }

  /** @param known How many entries there are at least. */
  async function entriesOf(name: string, from: number, known = 0): Promise<readonly string[]> {
    const entries = await journal.read(name, from).catch((cause: unknown) => Promise.reject(down(cause)));
    if (entries !== undefined && (entries.length > 0 || known <= from)) return entries;
    const run = runs.get(name);
    if (run === undefined) throw new HydrantError("state_expired", "the stream is no longer kept");
    const evicted = new HydrantError("unavailable", "the journal of a stream was evicted while its handler ran");
    run.fail(evicted);
    throw evicted;
  }

  function read(name: string, after: number): Reading {
    return readingOf(after, {
      run: runs.get(name),
      isRunning: () => runs.has(name),
      entries: (from, known) => entriesOf(name, from, known),
      open: (token) => open(name, token),
      tell: () => tell({ name, say: "reading" }),
      clock,
      limits,
    });
  }

  return {
    direct: (name, handler) => ({ frames: registered(name, handler), fail: handler.fail }),
    async journalled(name, seal, handler) {
      const now = clock.now();
      const run: Run = {
        stop: handler.stop,
        fail: handler.fail,
        begin,
        waiting: new Set(),
        written: 0,
        lastWrite: now,
        lastRead: now,
        lost: undefined,
      };
      const write = writerOf(name, run);
      await write({ seal });
      runs.set(name, run);
      controls.set(name, run);
      const unwatch = watch(run, write);
      function begin(): void {
        run.begin = () => {};
        void pump(name, run, handler, write).finally(unwatch);
      }
      return read(name, 0);
    },
    read,
    async sealOf(name) {
      const [first = ""] = await entriesOf(name, 0);
      return open(name, first).seal ?? "";
    },
    async stop(name) {
      const here = controls.get(name);
      if (here === undefined) await tell({ name, say: "stop" });
      else here.stop();
    },
    hear({ name, say }) {
      const run = runs.get(name);
      if (say === "stop") controls.get(name)?.stop();
      else if (run !== undefined) run.lastRead = clock.now();
    },
    running: () => controls.size,
    end(error) {
      for (const { fail } of controls.values()) fail(error);
    },
  };
}
