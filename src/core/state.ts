import { decode, encode } from "./codec.js";
import type { Definition } from "./definition.js";
import { HydrantError } from "./errors.js";
import type { Limits } from "./options.js";
import type { Logger } from "./ports/logger.js";
import type { StateStore } from "./ports/state-store.js";

/** What an instance carries from one call to the next. */
export interface Snapshot {
  /** Epoch seconds when it was sealed. */
  readonly issued: number;
  /** Seconds it stays valid. */
  readonly lifetime: number;
  /** Grows with every render of the instance; a later mount of the same id starts higher. */
  readonly rev: number;
  /** The component's `static version` that wrote the state. */
  readonly version: number;
  readonly state: unknown;
  /** Params as the page gave them, before the schema. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Children on the page: the tag of each root by key. The morph finds an element by its id and tag. */
  readonly children: Readonly<Record<string, string>>;
  /** Names of the slots that hold something on the page. */
  readonly filled: readonly string[];
  /** What that render offered, where only offered events can be called. */
  readonly offers: readonly string[];
}

/** Where stored state lies: the sealed stand-in for `state`. */
export interface Reference {
  readonly key: string;
  readonly version: number;
}

const STORED = "stored";

function isEmpty(record: object): boolean {
  for (const _key in record) return false;
  return true;
}

/** A list, shortened at its end where nothing stands: most seals are only times, numbers and a small state. */
function toText(snapshot: Snapshot, limits: Limits): string {
  const { issued, lifetime, rev, version, state, params, children, filled, offers } = snapshot;
  const parts: unknown[] = [issued, lifetime, rev, version, state];
  const rest = [params, children, filled, offers];
  while (rest.length > 0 && isEmpty(rest.at(-1) as object)) rest.pop();
  return encode([...parts, ...rest], limits.stateDepth + 1);
}

/** The snapshot inside an opened seal. The text is authentic, so its shape is ours. */
export function fromText(text: string): Snapshot {
  const [issued, lifetime, rev, version, state, params = {}, children = {}, filled = [], offers = []] = decode(
    text,
  ) as [
    number,
    number,
    number,
    number,
    unknown,
    Record<string, unknown>?,
    Record<string, string>?,
    string[]?,
    string[]?,
  ];
  return { issued, lifetime, rev, version, state, params, children, filled, offers };
}

/** The state of an instance as it was kept. */
export interface KeptState {
  readonly state: object;
  /** Where it lies, when it is kept in the store. */
  readonly origin: Origin | undefined;
  /** The stored state is newer than the seal: the event belongs to something that is no longer there. */
  readonly conflict: boolean;
}

/** A state in the store as it was read. */
export interface Origin {
  readonly reference: Reference;
  readonly data: string;
}

/** Turns snapshots into the text that is sealed, and back; keeps stored state in its store. */
export interface StateKeeper {
  /**
   * @param origin Where the state came from; unchanged stored state is not written again.
   * @returns text to seal.
   * @throws {HydrantError} `internal` over the size cap, `state_conflict` when another call wrote first.
   */
  dehydrate(
    definition: Definition,
    id: string,
    snapshot: Snapshot,
    origin: Origin | undefined,
  ): Promise<string> | string;
  /**
   * @returns the state as it was kept, before derive and schema.
   * @throws {HydrantError} `state_outdated` when no migration lifts it, `state_expired` when the store no longer has it.
   */
  hydrate(definition: Definition, snapshot: Snapshot): Promise<KeptState> | KeptState;
}

function lift(definition: Definition, state: unknown, version: number): object {
  if (version === definition.version) return state as object;
  if (version > definition.version || definition.migrate === undefined) throw new HydrantError("state_outdated");
  try {
    return definition.migrate(state as never, version);
  } catch (cause) {
    throw new HydrantError("state_outdated", undefined, { cause });
  }
}

function withoutLocked(definition: Definition, state: object): object {
  if (definition.locked.length === 0) return state;
  return Object.fromEntries(Object.entries(state).filter(([field]) => !definition.locked.includes(field)));
}

async function fromStore<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new HydrantError("unavailable", undefined, { cause, retryAfter: 5 });
  }
}

export function createStateKeeper(store: StateStore, limits: Limits, log: Logger, newKey: () => string): StateKeeper {
  function checkSize(definition: Definition, id: string, text: string): void {
    const bytes = Buffer.byteLength(text);
    if (bytes > limits.stateBytes && definition.form !== undefined) {
      throw new HydrantError("too_large", "What was entered is more than can be kept.");
    }
    if (bytes > limits.stateBytes) {
      throw new HydrantError(
        "internal",
        `the state of ${definition.name} ${id} is ${bytes} bytes; at most ${limits.stateBytes} are kept. ` +
          'Keep less, or raise limits.stateBytes; `static storage = "store"` keeps it out of the page.',
      );
    }
    if (bytes > limits.stateWarnBytes && !definition.stored) {
      log.warn(
        { component: definition.name, instance: id, bytes },
        'large state travels with every event; `static storage = "store"` keeps it on the server',
      );
    }
  }

  async function keep(definition: Definition, id: string, snapshot: Snapshot, origin: Origin | undefined) {
    const data = encode(snapshot.state, limits.stateDepth);
    if (data === origin?.data) return toText({ ...snapshot, state: { [STORED]: origin.reference } }, limits);
    checkSize(definition, id, data);
    const { key, version } = origin?.reference ?? { key: newKey(), version: 0 };
    const written = await fromStore(store.write(key, data, version, snapshot.lifetime * 1000));
    if (!written) throw new HydrantError("state_conflict");
    return toText({ ...snapshot, state: { [STORED]: { key, version: version + 1 } } }, limits);
  }

  async function recall(definition: Definition, snapshot: Snapshot): Promise<KeptState> {
    const reference = (snapshot.state as { [STORED]?: Reference })[STORED];
    if (reference === undefined) throw new HydrantError("state_outdated");
    const stored = await fromStore(store.read(reference.key));
    if (stored === undefined) throw new HydrantError("state_expired");
    return {
      state: lift(definition, decode(stored.data), snapshot.version),
      origin: { reference: { key: reference.key, version: stored.version }, data: stored.data },
      conflict: stored.version !== reference.version,
    };
  }

  return {
    dehydrate(definition, id, snapshot, origin) {
      const kept = { ...snapshot, state: withoutLocked(definition, snapshot.state as object) };
      if (definition.stored) return keep(definition, id, kept, origin);
      const text = toText(kept, limits);
      checkSize(definition, id, text);
      return text;
    },
    hydrate(definition, snapshot) {
      if (definition.stored) return recall(definition, snapshot);
      return { state: lift(definition, snapshot.state, snapshot.version), origin: undefined, conflict: false };
    },
  };
}
