import { mkdir, opendir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";

/** Folders of one store. A file moves from the first to the last and never back. */
export interface Places {
  /** Files that are still arriving: `key.start`, the start in milliseconds with 36 digits. */
  readonly arriving: string;
  /** Whole files that nobody kept. Their time of change is the time at which they expire. */
  readonly pending: string;
  readonly kept: string;
}

/** What one folder holds under a name of this store. */
export interface Found {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  /** Epoch milliseconds; when a pending file expires. */
  readonly changed: number;
}

export function placesIn(folder: string): Places {
  const root = resolve(folder);
  return { arriving: join(root, "arriving"), pending: join(root, "pending"), kept: join(root, "kept") };
}

export async function makePlaces(places: Places): Promise<void> {
  for (const place of Object.values(places)) await mkdir(place, { recursive: true, mode: 0o700 });
}

/** The result; `undefined` where the file is not there, or not any more. */
export async function unlessGone<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** @returns `undefined` where there is no file. */
export async function look(folder: string, name: string): Promise<Found | undefined> {
  const path = join(folder, name);
  const stats = await unlessGone(stat(path));
  // A time of change is kept in fractions that need not come back as the milliseconds they were made of.
  return stats && { path, name, bytes: stats.size, changed: Math.round(stats.mtimeMs) };
}

/** Files of the folder whose name fits; whatever else lies there is left alone. */
export async function* filesIn(folder: string, names: RegExp): AsyncGenerator<Found, void, undefined> {
  const entries = await unlessGone(opendir(folder));
  if (entries === undefined) return;
  for await (const entry of entries) {
    const found = names.test(entry.name) ? await look(folder, entry.name) : undefined;
    if (found !== undefined) yield found;
  }
}
