import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { History, type HistoryBounds, type HistoryEntry } from "../../../src/core/live/history.js";

function entry(id: string, weight = 1): HistoryEntry {
  return { id, topic: "t", item: { kind: "change", change: id }, weight };
}

const ids = (entries: readonly HistoryEntry[] | undefined): string[] | undefined => entries?.map(({ id }) => id);

/** The plain way: every entry there ever was, and from which on they are held. */
class Model {
  readonly all: { readonly id: string; readonly weight: number }[] = [];
  /** Entries before this one were let go or lost. */
  start = 0;
  floor = "floor";

  held() {
    return this.all.slice(this.start);
  }
}

type Step =
  | { readonly do: "push"; readonly weight: number }
  | { readonly do: "ask"; readonly back: number }
  | { readonly do: "cut" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("push" as const), weight: fc.integer({ min: 0, max: 12 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("ask" as const), back: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cut" as const) }) },
);

/** What is held must be the newest, without a hole, never more than twice the bounds, never less than them. */
function check(history: History, model: Model, { entries, weight }: HistoryBounds): void {
  const held = ids(history.since(history.position()));
  expect(held).toEqual([]);
  const since = model.all.map(({ id }) => ids(history.since(id)));
  const oldest = since.findIndex((one) => one !== undefined);
  const from = oldest === -1 ? model.all.length : oldest;
  for (let at = from; at < since.length; at++) expect(since[at]).toEqual(model.all.slice(at + 1).map(({ id }) => id));
  const kept = model.all.slice(from + 1);
  expect(kept.length).toBeLessThan(entries * 2);
  expect(kept.reduce((sum, one) => sum + one.weight, 0)).toBeLessThan(Math.max(weight * 2, 1));
}

describe("the history of a node", () => {
  it("answers every cursor as a plain list would, or says that it does not know", () => {
    fc.assert(
      fc.property(
        fc.record({ entries: fc.integer({ min: 1, max: 12 }), weight: fc.integer({ min: 1, max: 60 }) }),
        fc.array(step, { maxLength: 120 }),
        (bounds, steps) => {
          const history = new History("floor", bounds);
          const model = new Model();
          let cuts = 0;
          for (const one of steps) {
            if (one.do === "push") {
              const id = `e${model.all.length}`;
              model.all.push({ id, weight: one.weight });
              history.push(entry(id, one.weight));
              expect(history.position()).toBe(id);
              expect(history.has(id) || history.isEmpty).toBe(true);
            } else if (one.do === "cut") {
              const before = history.position();
              model.floor = `floor ${++cuts}`;
              history.cut(model.floor);
              model.start = model.all.length;
              expect(history.since(before)).toBeUndefined();
              expect(history.position()).toBe(model.floor);
              expect(ids(history.since(model.floor))).toEqual([]);
            } else {
              const asked = model.all.at(-1 - one.back)?.id;
              const answer = asked === undefined ? undefined : ids(history.since(asked));
              const at = model.all.length - 1 - one.back;
              // Nothing is ever told that is not all there is, and nothing from before a cut.
              if (answer !== undefined) {
                expect(at).toBeGreaterThanOrEqual(model.start);
                expect(answer).toEqual(model.all.slice(at + 1).map(({ id }) => id));
              }
            }
            check(history, model, bounds);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("holds at least its bounds: nobody is told to look again who was away for less", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(400), (entries, count) => {
        const history = new History("floor", { entries, weight: 1_000_000 });
        for (let n = 0; n < count; n++) history.push(entry(`e${n}`));
        const away = Math.min(entries, count);
        const cursor = count - away === 0 ? "floor" : `e${count - away - 1}`;
        expect(history.since(cursor)?.length).toBe(away);
      }),
    );
  });

  it("begins with a cursor of who has seen nothing", () => {
    const history = new History("floor");
    expect([history.position(), history.isEmpty]).toEqual(["floor", true]);
    history.push(entry("a"));
    history.push(entry("b"));
    expect(ids(history.since("floor"))).toEqual(["a", "b"]);
    expect(ids(history.since("a"))).toEqual(["b"]);
    expect(history.since("c")).toBeUndefined();
  });

  it("lets an entry go that is heavier than all bounds, and knows nothing from before it", () => {
    const history = new History("floor", { entries: 10, weight: 10 });
    history.push(entry("a"));
    history.push(entry("heavy", 1_000));
    expect(history.since("floor")).toBeUndefined();
    expect(history.since("a")).toBeUndefined();
    expect([history.position(), ids(history.since("heavy"))]).toEqual(["heavy", []]);
    history.push(entry("b"));
    expect(ids(history.since("heavy"))).toEqual(["b"]);
  });

  it("gives a list that later entries do not change", () => {
    const history = new History("floor");
    history.push(entry("a"));
    const since = history.since("floor");
    history.push(entry("b"));
    expect(ids(since)).toEqual(["a"]);
  });
});
