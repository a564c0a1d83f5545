const WEATHER = ["Clear", "Fog until noon", "Light rain", "High clouds", "Strong wind", "Frost", "Warm and still"];
const SEEN = ["two herons", "a kestrel", "no birds at all", "geese going south", "an otter", "a hare", "swifts"];
const PLACES = ["by the weir", "on the long wall", "near the mill", "above the quarry", "at the ford"];

function pick(list: readonly string[], number: number): string {
  return list[number % list.length] as string;
}

/** A diary that was kept for years: one line a day, the newest first. */
export function firstLines(count: number): { text: string; written: Date }[] {
  const newest = Date.UTC(2026, 0, 31, 18);
  return Array.from({ length: count }, (_, day) => ({
    text: `${pick(WEATHER, day * 5 + 1)}; ${pick(SEEN, day * 3)} ${pick(PLACES, day * 2)}.`,
    written: new Date(newest - day * 86_400_000),
  }));
}
