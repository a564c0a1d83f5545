import { rm } from "node:fs/promises";
import { type Found, filesIn, type Places } from "./places.js";

/** Files that may wait to be kept; a bound on names, which cost room too. */
const FILES = 100_000;
/** Files taken away in one sweep at most, so that nobody waits long for the leavings of others. */
const SWEPT = 1000;
/** Milliseconds after which an upload that did not end is what a stopped process left. */
const STALE_MS = 86_400_000;
/** Milliseconds for which a count holds; what others write meanwhile is seen by the next one. */
const COUNTED_MS = 10_000;

const ARRIVING = /^[a-z0-9]{26}\.([a-z0-9]{1,12})$/;
const PENDING = /^[a-z0-9]{26}$/;

/** Name of a file that begins to arrive. */
export function arrivingName(key: string, now: number): string {
  return `${key}.${Math.trunc(now).toString(36)}`;
}

/** How much lies in the folder that nobody kept. Sweeps while it counts. */
export interface Room {
  /** @throws when one more file is too many. */
  begin(): Promise<void>;
  /** @throws when so many more bytes are too many. */
  take(bytes: number): Promise<void>;
}

interface Amount {
  readonly files: number;
  readonly bytes: number;
}

const sum = (one: Amount, two: Amount, sign: 1 | -1 = 1): Amount => ({
  files: one.files + sign * two.files,
  bytes: one.bytes + sign * two.bytes,
});

export function roomIn(places: Places, maxBytes: number, now: () => number): Room {
  let held: Amount = { files: 0, bytes: 0 };
  let counted = Number.NEGATIVE_INFINITY;
  let counting: Promise<void> | undefined;

  function isOver(found: Found): boolean {
    const start = ARRIVING.exec(found.name)?.[1];
    const until = start === undefined ? found.changed : Number.parseInt(start, 36) + STALE_MS;
    return until <= now();
  }

  async function count(): Promise<void> {
    const before = held;
    let found: Amount = { files: 0, bytes: 0 };
    let swept = 0;
    for (const [folder, names] of [
      [places.arriving, ARRIVING],
      [places.pending, PENDING],
    ] as const) {
      for await (const file of filesIn(folder, names)) {
        if (!isOver(file)) found = sum(found, { files: 1, bytes: file.bytes });
        else if (swept++ < SWEPT) await rm(file.path, { force: true });
      }
    }
    // What came meanwhile may have been found too; until the next count it counts twice.
    held = sum(found, sum(held, before, -1));
    counted = now();
  }

  /** Counts once for all who ask meanwhile. */
  function recount(): Promise<void> {
    counting ??= count().finally(() => {
      counting = undefined;
    });
    return counting;
  }

  async function add(more: Amount): Promise<void> {
    const isFull = (): boolean => held.files + more.files > FILES || held.bytes + more.bytes > maxBytes;
    if (isFull()) await recount();
    if (isFull()) throw new Error(`the files that nobody kept are more than ${maxBytes} bytes or ${FILES} files.`);
    held = sum(held, more);
  }

  return {
    async begin() {
      if (Math.abs(now() - counted) >= COUNTED_MS) await recount();
      await add({ files: 1, bytes: 0 });
    },
    take: (bytes) => add({ files: 0, bytes }),
  };
}
