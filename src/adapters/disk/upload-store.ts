import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { DefinitionError, systemClock, type UploadStore } from "../../core/index.js";
import { look, makePlaces, placesIn, unlessGone } from "./places.js";
import { arrivingName, roomIn } from "./room.js";

/** Options of {@link diskUploadStore}. */
export interface DiskUploadStoreOptions {
  /** Epoch milliseconds. Default: the machine's clock. */
  readonly now?: () => number;
  /** Bytes of all files together that nobody kept yet; more are refused until some expire. Default 1 GiB. */
  readonly maxBytes?: number;
}

const KEY = /^[a-z0-9]{26}$/;

/** So that no name can lead out of the folder. */
function check(key: string): void {
  if (typeof key !== "string" || !KEY.test(key)) {
    throw new TypeError(`${JSON.stringify(key)} is no key: a key is 26 lower-case letters and digits.`);
  }
}

/**
 * Keeps uploads in a folder, which only the process's own user can read. Several processes may use one folder, on one
 * machine or a shared disk whose clocks agree; it is made when the first file comes.
 *
 * What nobody kept is swept when something is written. Each process keeps the bound for all; what others write is noticed
 * within ten seconds.
 *
 * @throws {DefinitionError} for a folder without a name and a bound that is no number above 0.
 */
export function diskUploadStore(
  folder: string,
  { now = systemClock.now, maxBytes = 1_073_741_824 }: DiskUploadStoreOptions = {},
): UploadStore {
  if (folder === "") throw new DefinitionError("diskUploadStore() needs the path of a folder.");
  if (!(maxBytes > 0)) throw new DefinitionError(`\`maxBytes\` is ${maxBytes}; it must be a number above 0.`);
  const places = placesIn(folder);
  const room = roomIn(places, maxBytes, now);

  async function receive(handle: FileHandle, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of bytes) {
      await room.take(chunk.byteLength);
      await handle.appendFile(chunk);
    }
  }

  async function pending(key: string): Promise<boolean> {
    const found = await look(places.pending, key);
    return found !== undefined && found.changed > now();
  }

  const kept = async (key: string): Promise<boolean> => (await look(places.kept, key)) !== undefined;

  /** The file is opened when somebody begins to read, so that a reader who never does holds nothing open. */
  async function* contentOf(key: string): AsyncGenerator<Buffer, void, undefined> {
    const handle = (await unlessGone(open(join(places.pending, key)))) ?? (await open(join(places.kept, key)));
    yield* handle.createReadStream();
  }

  return {
    async write(key, bytes, ttlMs) {
      check(key);
      await makePlaces(places);
      await room.begin();
      const arriving = join(places.arriving, arrivingName(key, now()));
      const handle = await open(arriving, "wx", 0o600);
      try {
        await receive(handle, bytes);
        const until = (now() + ttlMs) / 1000;
        await handle.utimes(until, until);
        await handle.close();
        await rename(arriving, join(places.pending, key));
      } catch (error) {
        // The failure that is told is the first one; what cannot be removed now is swept later.
        await Promise.allSettled([handle.close()]);
        await Promise.allSettled([rm(arriving, { force: true })]);
        throw error;
      }
    },
    async read(key) {
      check(key);
      // In the order in which files move, so that one that is being kept is found in one of the two.
      if (!(await pending(key)) && !(await kept(key))) return undefined;
      return { [Symbol.asyncIterator]: () => contentOf(key) };
    },
    async keep(key) {
      check(key);
      if (!(await pending(key))) return kept(key);
      const moved = await unlessGone(rename(join(places.pending, key), join(places.kept, key)).then(() => true));
      return moved ?? kept(key);
    },
    async remove(key) {
      check(key);
      await rm(join(places.pending, key), { force: true });
      await rm(join(places.kept, key), { force: true });
    },
  };
}
