import { encode } from "./codec.js";
import type { Definition } from "./definition.js";
import { DefinitionError } from "./errors.js";
import type { LiveInstance } from "./instance.js";
import { ExpiringMap } from "./memory/expiring-map.js";
import type { Presented } from "./present.js";
import type { Turn } from "./turn.js";

/** What a mount showed, and the instance it showed, for permissions that ask about it. */
export interface KeptMount {
  readonly presented: Presented;
  readonly live: LiveInstance;
}

/** Mounts of components with `static cache`, by everything they depend on. */
export interface MountMemory {
  get(key: string): KeptMount | undefined;
  set(key: string, kept: KeptMount, seconds: number): void;
}

const BOUNDS = { entries: 10_000, weight: 67_108_864 };

export function mountMemory(now: () => number): MountMemory {
  const kept = new ExpiringMap<KeptMount>(BOUNDS, now);
  return {
    get: (key) => kept.get(key),
    set: (key, mount, seconds) => kept.set(key, mount, seconds * 1000, mount.presented.fragment.html.length),
  };
}

function variantOf({ caller }: Turn, { cache }: Definition): unknown {
  if (cache === undefined || cache.vary === undefined) return null;
  if (typeof cache.vary === "function") return cache.vary(caller);
  return cache.vary.map((field) => caller[field]);
}

/** @throws {DefinitionError} for what two callers could not be told apart by. */
function variantText(turn: Turn, definition: Definition): string {
  const variant = variantOf(turn, definition);
  try {
    return encode(variant, turn.runtime.limits.stateDepth);
  } catch (cause) {
    throw new DefinitionError(
      `${definition.name}: \`static cache\` varies by something that cannot be written down. Name fields of the caller ` +
        "that hold plain values, or give a function that makes a text of them.",
      { cause },
    );
  }
}

/** Everything the answer to a mount depends on; `undefined` where it must not be kept. */
export function mountKey(
  turn: Turn,
  definition: Definition,
  id: string,
  params: Readonly<Record<string, unknown>>,
): string | undefined {
  if (definition.cache === undefined || definition.stored) return undefined;
  const { subject, base, wholePage, page = null, runtime } = turn;
  const parts = [definition.name, id, subject, base, wholePage, page, params, variantText(turn, definition)];
  return encode(parts, runtime.limits.stateDepth);
}
