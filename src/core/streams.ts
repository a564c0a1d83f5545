import type { Frame } from "./calls.js";
import { ERRORS, type ErrorCode, HydrantError } from "./errors.js";
import type { HandlerFrames, StreamControl } from "./frames.js";
import type { Limits } from "./options.js";
import type { Clock } from "./ports/clock.js";
import type { JournalStore } from "./ports/journal-store.js";
import type { Logger } from "./ports/logger.js";
import type { SealBinding, Sealer } from "./seal.js";

/** What nodes tell each other about a stream. */
export interface StreamSignal {
  readonly name: string;
  /** Somebody reads it, so its handler goes on; or somebody wants it to end. */
  readonly say: "reading" | "stop";
}

/** Streams that are running on this node, and the journals of those that can be resumed. */
export interface Streams {
  /** A stream whose frames go to one reader. */
  direct(name: string, handler: HandlerFrames): HandlerFrames;
  /** A stream whose frames are kept: the handler runs on by itself, and readers come and go. */
  journalled(name: string, handler: HandlerFrames): HandlerFrames;
  /** The frames of a kept stream after the given number. */
  read(name: string, after: number): HandlerFrames;
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

/** One entry of a journal; an empty one says that the handler still runs. */
interface Entry {
  readonly frame?: Frame;
  readonly failure?: { readonly code: ErrorCode; readonly message: string };
}

/** A handler whose frames are kept. */
interface Run extends StreamControl {
  /** Wakes readers on this node. */
  readonly waiting: Set<() => void>;
  /** Entries in its journal. */
  written: number;
  lastRead: number;
}

/** Milliseconds between looks at a journal that another node writes. */
const POLL_MS = 150;
/** Milliseconds between entries of a handler that has nothing to show; three missing mean that its node is gone. */
const BEAT_MS = 4_000;
const DEAD_MS = BEAT_MS * 3;

const JOURNAL = "journal";

/** Frames hold what one person sees, and journals lie in a store. */
function bindingOf(name: string): SealBinding {
  return { purpose: "stream", component: JOURNAL, subject: name };
}

function failureOf(error: unknown): NonNullable<Entry["failure"]> {
  const code = error instanceof HydrantError ? error.code : "internal";
  return { code, message: error instanceof HydrantError ? error.message : ERRORS.internal.text };
}

export function createStreams(parts: StreamParts): Streams {
  const { journal, clock, limits, log, tell, sealer } = parts;
  const controls = new Map<string, StreamControl>();
  const runs = new Map<string, Run>();

  async function* registered(name: string, { frames, stop, fail }: HandlerFrames): AsyncGenerator<Frame, void> {
    controls.set(name, { stop, fail });
    try {
      yield* frames;
    } finally {
      controls.delete(name);
    }
  }

  /** Writes frames to the journal as they come, until the handler ends or nobody has read for a while. */
  async function pump(name: string, run: Run, frames: AsyncGenerator<Frame, void>): Promise<void> {
    let bytes = 0;
    let lastWrite = clock.now();
    let writing: Promise<void> = Promise.resolve();

    function write(entry: Entry): Promise<void> {
      const text = sealer.seal(bindingOf(name), JOURNAL, JSON.stringify(entry));
      bytes += text.length;
      if (bytes > limits.journalBytes && entry.failure === undefined) {
        throw new HydrantError("internal", `the frames of a stream take more than limits.journalBytes`);
      }
      lastWrite = clock.now();
      writing = writing.then(async () => {
        await journal.append(name, run.written, text, limits.streamMs + limits.graceMs);
        run.written++;
        for (const wake of run.waiting) wake();
      });
      return writing;
    }

    function watch(): void {
      const now = clock.now();
      if (now - run.lastRead > limits.graceMs) run.fail(new HydrantError("cancelled", "nobody reads the stream"));
      // What fails here fails for the next frame too, and is told there.
      else if (now - lastWrite >= BEAT_MS) write({}).catch(() => {});
      cancel = clock.after(Math.min(BEAT_MS, limits.graceMs / 4), watch);
    }

    let cancel = clock.after(Math.min(BEAT_MS, limits.graceMs / 4), watch);
    try {
      for await (const frame of frames) await write({ frame });
    } catch (error) {
      const isLeft = error instanceof HydrantError && error.code === "cancelled";
      if (isLeft) log.info({ stream: name }, "a stream was ended because nobody read it");
      else log.error({ stream: name, error }, "a stream that can be resumed failed");
      await write({ failure: failureOf(error) });
    } finally {
      cancel();
      runs.delete(name);
      controls.delete(name);
      for (const wake of run.waiting) wake();
    }
  }

  async function entriesOf(name: string, after: number): Promise<readonly string[]> {
    const isHere = runs.has(name);
    let entries: readonly string[] | undefined;
    try {
      entries = await journal.read(name, after);
    } catch (cause) {
      throw new HydrantError("unavailable", undefined, { cause, retryAfter: 5 });
    }
    // Here it may not have written yet.
    if (entries === undefined && !isHere) throw new HydrantError("state_expired", "the stream is no longer kept");
    return entries ?? [];
  }

  /** Until there may be more: told at once on the node that writes, asked again on others. */
  function more(run: Run | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        run?.waiting.delete(wake);
        resolve();
      };
      const cancel = clock.after(run === undefined ? POLL_MS : 1_000, wake);
      run?.waiting.add(wake);
    });
  }

  function read(name: string, after: number): HandlerFrames {
    let lost: { readonly error: unknown } | undefined;
    let lastTold = Number.NEGATIVE_INFINITY;
    let lastSeen = clock.now();

    /** The handler goes on as long as somebody reads, wherever. */
    async function keepAlive(run: Run | undefined): Promise<void> {
      const now = clock.now();
      if (run !== undefined) run.lastRead = now;
      else if (now - lastTold > limits.graceMs / 3) {
        lastTold = now;
        await tell({ name, say: "reading" });
      }
    }

    async function* frames(): AsyncGenerator<Frame, void> {
      let at = after;
      for (;;) {
        const run = runs.get(name);
        await keepAlive(run);
        const entries = await entriesOf(name, at);
        if (lost !== undefined) throw lost.error;
        for (const token of entries) {
          at++;
          const { frame, failure } = JSON.parse(sealer.unseal(bindingOf(name), token).text) as Entry;
          if (failure !== undefined) throw new HydrantError(failure.code, failure.message);
          if (frame !== undefined) yield { ...frame, number: at };
          if (frame?.done === true) return;
        }
        const now = clock.now();
        if (entries.length > 0 || run !== undefined) lastSeen = now;
        else if (now - lastSeen > DEAD_MS) {
          throw new HydrantError("unavailable", "the node that ran the stream is gone", { retryAfter: 5 });
        }
        if (entries.length === 0 && (run === undefined || run.written === at)) await more(run);
      }
    }

    return {
      frames: frames(),
      stop: () => runs.get(name)?.stop(),
      fail: (error) => {
        lost = { error };
        for (const wake of runs.get(name)?.waiting ?? []) wake();
      },
    };
  }

  return {
    direct: (name, handler) => ({ ...handler, frames: registered(name, handler) }),
    journalled(name, handler) {
      const run: Run = { ...handler, waiting: new Set(), written: 0, lastRead: clock.now() };
      runs.set(name, run);
      controls.set(name, run);
      pump(name, run, handler.frames).catch((error: unknown) =>
        log.error({ stream: name, error }, "the frames of a stream could not be kept"),
      );
      return read(name, 0);
    },
    read,
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
