/** Seconds that the board looks back. */
export const SPAN = 60;

export const ROUTES = ["/", "/search", "/orders", "/account"] as const;

/** What a second was like. */
export interface Sample {
  /** Seconds since the epoch. */
  readonly second: number;
  /** Answers by route, in the order of {@link ROUTES}. */
  readonly answers: readonly number[];
  /** Milliseconds in which 95 of 100 answers were ready. */
  readonly milliseconds: number;
}

/** From 0 up to 1, and the same for the same numbers: what chance was in that second. */
function chance(second: number, which: number): number {
  // Mixes the bits as xorshift does, so that neighbours have nothing in common.
  let bits = Math.imul(second ^ (which * 0x9e3779b1), 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  bits ^= bits >>> 16;
  return (bits >>> 0) / 2 ** 32;
}

const SHARES = [48, 31, 22, 13];

/** Made up, but the same whenever and wherever it is asked: stands for your measurements. */
export function sampleAt(second: number): Sample {
  const tide = 1 + 0.25 * Math.sin(second / 23) + 0.12 * Math.sin(second / 7);
  const answers = SHARES.map((share, route) => Math.round(share * (tide + 0.3 * (chance(second, route) - 0.5))));
  const jam = chance(second, 9) > 0.95 ? 60 : 0;
  const milliseconds = Math.round(70 + 25 * tide + 22 * chance(second, 8) + jam);
  return { second, answers, milliseconds };
}

/** The seconds up to this one, the oldest first. */
export function samplesUntil(second: number): Sample[] {
  return Array.from({ length: SPAN }, (_, index) => sampleAt(second - SPAN + 1 + index));
}
