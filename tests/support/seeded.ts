/** Chance that can be had again: the same seed gives the same numbers. */
export interface Seeded {
  readonly seed: number;
  /** From 0 up to, but not including, 1. */
  next(): number;
  /** A whole number, both ends included. */
  whole(least: number, most: number): number;
  chance(likely: number): boolean;
  pick<T>(list: readonly T[]): T;
  shuffled<T>(list: readonly T[]): T[];
  /** Chance of its own for one part, so that how often others ask makes no difference to it. */
  branch(name: string): Seeded;
}

function hashOf(text: string): number {
  let hash = 2_166_136_261;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619);
  return hash >>> 0;
}

/** Source of the generator: mulberry32 by Tommy Ettinger, public domain. */
export function seeded(seed: number): Seeded {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
  const whole = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    seed,
    next,
    whole,
    chance: (likely) => next() < likely,
    pick(list) {
      if (list.length === 0) throw new RangeError("there is nothing to pick from an empty list");
      return list[whole(0, list.length - 1)] as (typeof list)[number];
    },
    shuffled(list) {
      const left = [...list];
      const order: typeof left = [];
      while (left.length > 0) order.push(...left.splice(whole(0, left.length - 1), 1));
      return order;
    },
    branch: (name) => seeded((seed ^ hashOf(name)) >>> 0),
  };
}

/** The seed somebody gave again, or one nobody has chosen. */
export function chosenSeed(given: string | undefined): number {
  const seed = given === undefined || given === "" ? Math.floor(Math.random() * 2 ** 32) : Number(given);
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return seed;
  throw new RangeError(`the seed ${JSON.stringify(given)} must be a whole number from 0 to 4294967295`);
}
