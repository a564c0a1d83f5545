import type { Frame } from "./calls.js";
import { ERRORS, HydrantError } from "./errors.js";
import type { StreamControl } from "./frames.js";
import type { Limits } from "./options.js";
import type { Clock } from "./ports/clock.js";

/** Frames as one reader takes them. */
export interface Reading {
  readonly frames: AsyncGenerator<Frame, void>;
  /** Ends the reading with an error. */
  readonly fail: (error: unknown) => void;
}

/** One entry of a journal: the first holds the seal, and an empty one says that the handler still runs. */
export interface Entry {
  readonly seal?: string;
  readonly frame?: Frame;
  readonly failure?: ReturnType<typeof failureOf>;
}

/** What is kept of the error that a stream ended in. */
export function failureOf(error: unknown) {
  if (!(error instanceof HydrantError)) return { code: "internal" as const, message: ERRORS.internal.text };
  const { code, message, fields, retryAfter } = error;
  return { code, message, ...(fields && { fields }), ...(retryAfter && { retryAfter }) };
}

/** A handler on this node whose frames are kept. */
export interface Run extends StreamControl {
  /** Wakes readers on this node. */
  readonly waiting: Set<() => void>;
  /** Starts the handler, unless it was. */
  begin: () => void;
  /** Entries in its journal. */
  written: number;
  lastWrite: number;
  lastRead: number;
  /** What it ended in, where that could not be kept. */
  lost: HydrantError | undefined;
}

/** What a reader of one journal needs. */
export interface ReadingParts {
  /** Where the handler runs on this node, or did when the reading began. */
  readonly run: Run | undefined;
  readonly isRunning: () => boolean;
  /** @param known How many there are at least. */
  readonly entries: (from: number, known: number | undefined) => Promise<readonly string[]>;
  readonly open: (token: string) => Entry;
  /** Tells other nodes that somebody reads. */
  readonly tell: () => Promise<void>;
  readonly clock: Clock;
  readonly limits: Limits;
}

/** Milliseconds between looks at a journal that another node writes. */
const POLL_MS = 150;
/** Milliseconds without a sign of life after which the node that writes is gone; three signs are missing by then. */
const DEAD_MS = 12_000;

/** Until there may be more: told at once on the node that writes, asked again on others. */
function more(run: Run | undefined, clock: Clock): Promise<void> {
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

/** The frames of a kept stream after the given number. Where that is the last one it comes again, as the end. */
export function readingOf(after: number, parts: ReadingParts): Reading {
  const { run, isRunning, clock, limits } = parts;
  let lost: { readonly error: unknown } | undefined;
  let lastTold = Number.NEGATIVE_INFINITY;

  /** The handler goes on as long as somebody reads, wherever. */
  async function keepAlive(): Promise<void> {
    const now = clock.now();
    if (run !== undefined) run.lastRead = now;
    else if (now - lastTold > limits.graceMs / 3) {
      lastTold = now;
      await parts.tell();
    }
  }

  /** Waits, unless something came in the meantime. */
  async function wait(seen: number, lastSeen: number): Promise<void> {
    if (run?.lost !== undefined) throw run.lost;
    if (!isRunning() && clock.now() - lastSeen > DEAD_MS) {
      throw new HydrantError("unavailable", "the node that ran the stream is gone", { retryAfter: 5 });
    }
    if (run === undefined || run.written <= seen) await more(run, clock);
  }

  /** Who asks for what comes after the end would wait for ever. */
  async function refuseBeyondEnd(): Promise<void> {
    const last = (await parts.entries(1, undefined)).at(-1);
    const { frame, failure }: Entry = last === undefined ? {} : parts.open(last);
    if (frame?.done !== true && failure === undefined) return;
    throw new HydrantError("malformed", `The stream ended before its frame ${after}.`);
  }

  async function* frames(): AsyncGenerator<Frame, void> {
    // The first entry is no frame. The last known one is read again: it may be the end, and not all of it arrived.
    let seen = Math.max(1, after);
    let lastSeen = clock.now();
    let isFirst = true;
    run?.begin();
    for (;;) {
      await keepAlive();
      const entries = await parts.entries(seen, run?.written);
      if (entries.length > 0 || isRunning()) lastSeen = clock.now();
      for (const token of entries) {
        if (lost !== undefined) throw lost.error;
        const number = seen++;
        const { frame, failure } = parts.open(token);
        if (failure !== undefined) throw new HydrantError(failure.code, failure.message, failure);
        if (frame === undefined || (number === after && !frame.done)) continue;
        yield { ...frame, number };
        if (frame.done) return;
        await keepAlive();
      }
      if (lost !== undefined) throw lost.error;
      if (entries.length === 0 && isFirst && !isRunning()) await refuseBeyondEnd();
      if (entries.length === 0) await wait(seen, lastSeen);
      isFirst = false;
    }
  }

  return {
    frames: frames(),
    fail(error) {
      lost = { error };
      for (const wake of run?.waiting ?? []) wake();
    },
  };
}
