import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Entry, type Finding, Ledger } from "../support/ledger.js";

const SHOWN = 10;
const TOPIC = "t";
const VIEW = "page";
const FEED = "socket";

/** The kinds of what is found in a history. */
function kindsIn(entries: readonly Entry[]): readonly Finding["kind"][] {
  const ledger = new Ledger(SHOWN);
  ledger.listens(FEED, TOPIC);
  for (const entry of entries) ledger.note(entry);
  return [...new Set(ledger.findings.map(({ kind }) => kind))];
}

const sent = (seq: number, certain = true): Entry[] => [
  { kind: "sending", topic: TOPIC, seq },
  { kind: "sent", topic: TOPIC, seq, certain },
];
const piece = (seq: number): Entry => ({ kind: "piece", view: VIEW, topic: TOPIC, seq });
const heard = (seq: number): Entry => ({ kind: "heard", view: FEED, topic: TOPIC, seq });
const missed = (view: string): Entry => ({ kind: "resync", view, topic: TOPIC });
const quiet: Entry = { kind: "quiet" };
const finished: Entry = { kind: "finished" };

function run(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, n) => from + n);
}

/** A whole render when so many items were there. */
function shown(count: number, touches = 0): Entry {
  const items = run(Math.max(1, count - SHOWN + 1), count);
  return { kind: "shown", view: VIEW, topic: TOPIC, items, touches };
}

/** So many items, each told to a page and to a socket as soon as it is there. */
function rightHistory(count: number): Entry[] {
  return [shown(0), ...run(1, count).flatMap((seq) => [...sent(seq), piece(seq), heard(seq)]), quiet];
}

function without(entries: readonly Entry[], kind: Entry["kind"], seq: number): Entry[] {
  return entries.filter((entry) => entry.kind !== kind || !("seq" in entry) || entry.seq !== seq);
}

const place = fc
  .integer({ min: 2, max: 30 })
  .chain((count) => fc.tuple(fc.constant(count), fc.integer({ min: 1, max: count - 1 })));

describe("the ledger finds nothing", () => {
  it("where everybody was told everything, once and in order", () => {
    fc.assert(
      fc.property(fc.nat({ max: 60 }), (count) => {
        expect(kindsIn(rightHistory(count))).toEqual([]);
      }),
    );
  });

  it("where whatever was not told was announced, and a render showed how things stand", () => {
    const stretch = fc.record({ told: fc.nat({ max: 8 }), lost: fc.nat({ max: 25 }) });
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 6 }), (stretches) => {
        const entries: Entry[] = [shown(0)];
        let seq = 0;
        for (const { told, lost } of stretches) {
          for (let n = 0; n < told; n++) entries.push(...sent(++seq), piece(seq), heard(seq));
          for (let n = 0; n < lost; n++) entries.push(...sent(++seq));
          if (lost > 0) entries.push(missed(VIEW), missed(FEED), shown(seq));
        }
        expect(kindsIn([...entries, quiet])).toEqual([]);
      }),
    );
  });

  it("where what may have been published twice comes twice, or late", () => {
    const doubtful = [shown(0), ...sent(1), piece(1), heard(1), ...sent(2, false), ...sent(3), piece(3), heard(3)];
    expect(kindsIn([...doubtful, piece(2), heard(2), heard(2), missed(VIEW), shown(3), quiet])).toEqual([]);
  });

  it("where something comes late that was said to be missing", () => {
    const all = [...rightHistory(3).slice(0, -1), ...sent(4), ...sent(5), missed(FEED), heard(5), heard(4)];
    expect(kindsIn([...all, piece(4), piece(5), quiet])).toEqual([]);
  });

  it("where another node, which is behind, sends once more what a page drops by its id", () => {
    const again: Entry = { kind: "linked", view: VIEW, topic: TOPIC };
    expect(kindsIn([...rightHistory(5).slice(0, -1), again, piece(4), piece(5), quiet])).toEqual([]);
  });

  it("where a page drops by its id what its render holds already", () => {
    expect(kindsIn([...sent(1), shown(1), piece(1), heard(1), quiet])).toEqual([]);
  });

  it("in an item that was said to be missing and comes after all, when everything else is up to date", () => {
    const all = [...sent(1), ...sent(2), ...sent(3), heard(1), missed(FEED), quiet, heard(2), heard(3), quiet];
    expect(kindsIn(all)).toEqual([]);
  });

  it("in a stream that was read over several connections, or said to be interrupted", () => {
    const frames = run(1, 5).map((step): Entry => ({ kind: "frame", stream: "s", number: step, step }));
    const last: Entry = { kind: "frame", stream: "s", number: 6, step: 0 };
    expect(kindsIn([...frames, last, { kind: "ended", stream: "s", how: "done", steps: 5 }, finished])).toEqual([]);
    expect(kindsIn([...frames, { kind: "ended", stream: "s", how: "interrupted", steps: 9 }, finished])).toEqual([]);
  });
});

describe("the ledger finds", () => {
  it("an item that one socket never heard, wherever it is missing", () => {
    fc.assert(
      fc.property(place, ([count, seq]) => {
        expect(kindsIn(without(rightHistory(count), "heard", seq))).toContain("silent gap");
        expect(kindsIn(without(rightHistory(count), "heard", count))).toEqual(["lost"]);
      }),
    );
  });

  it("a piece that one page never got, wherever it is missing", () => {
    fc.assert(
      fc.property(place, ([count, seq]) => {
        expect(kindsIn(without(rightHistory(count), "piece", seq))).toContain("silent gap");
        expect(kindsIn(without(rightHistory(count), "piece", count))).toEqual(["lost"]);
      }),
    );
  });

  it("an item that came twice", () => {
    fc.assert(
      fc.property(place, ([count, seq]) => {
        const all = rightHistory(count).slice(0, -1);
        expect(kindsIn([...all, heard(seq), quiet])).toEqual(["doubled"]);
        expect(kindsIn([...all, piece(seq), quiet])).toEqual(["doubled"]);
      }),
    );
  });

  it("items that changed their places, also where their answers had not come yet", () => {
    const begun = run(1, 3).map((seq): Entry => ({ kind: "sending", topic: TOPIC, seq }));
    const answered = run(1, 3).map((seq): Entry => ({ kind: "sent", topic: TOPIC, seq, certain: true }));
    for (const tell of [heard, piece]) {
      const told = [1, 3, 2].map(tell);
      const end = tell === heard ? [shown(3)] : run(1, 3).map(heard);
      expect(kindsIn([shown(0), ...begun, ...answered, ...told, ...end, quiet])).toContain("reordered");
      expect(kindsIn([shown(0), ...begun, ...told, ...answered, ...end, quiet])).toContain("reordered");
    }
  });

  it("a render that is older than the one before", () => {
    const all = rightHistory(20).slice(0, -1);
    expect(kindsIn([...all, shown(20), shown(17), shown(20), quiet])).toEqual(["reordered"]);
  });

  it("a render with a hole", () => {
    const items = [...run(11, 14), ...run(16, 20)];
    const torn: Entry = { kind: "shown", view: VIEW, topic: TOPIC, items, touches: 0 };
    expect(kindsIn([...rightHistory(20).slice(0, -1), torn, shown(20), quiet])).toEqual(["wrong"]);
  });

  it("a gap that was announced too early to be about it", () => {
    const all = rightHistory(5).slice(0, -1);
    expect(kindsIn([...all, missed(FEED), ...sent(6), ...sent(7), heard(7), shown(7), quiet])).toContain("silent gap");
    expect(
      kindsIn([...all, missed(VIEW), shown(5), ...sent(6), ...sent(7), run(6, 7).map(heard), piece(7)].flat()),
    ).toEqual(["silent gap"]);
  });

  it("something doubtful that never came, and of which nothing was said", () => {
    const all = rightHistory(5).slice(0, -1);
    const doubtful = [...all, ...sent(6, false), ...sent(7), heard(7), shown(7)];
    expect(kindsIn([...doubtful, quiet])).toEqual(["silent gap"]);
    expect(kindsIn([...doubtful, missed(FEED), quiet])).toEqual([]);
    expect(kindsIn([...doubtful, { kind: "buried", topic: TOPIC, seq: 6 }, quiet])).toEqual([]);
  });

  it("an announcement that no render followed", () => {
    expect(kindsIn([...rightHistory(5).slice(0, -1), missed(VIEW), quiet])).toEqual(["lost"]);
  });

  it("a state that went back", () => {
    const touched: Entry = { kind: "touched", view: VIEW, topic: TOPIC, touches: 2 };
    expect(kindsIn([...rightHistory(5), shown(5, 2), touched, shown(5, 1)])).toEqual(["lost"]);
  });

  it("frames that were lost, doubled, or after which nothing was said", () => {
    const frame = (number: number, step = number): Entry => ({ kind: "frame", stream: "s", number, step });
    const done: Entry = { kind: "ended", stream: "s", how: "done", steps: 3 };
    expect(kindsIn([frame(1), frame(3, 3), done])).toEqual(["lost"]);
    expect(kindsIn([frame(1), frame(2), frame(2), frame(3), done])).toEqual(["doubled"]);
    expect(kindsIn([frame(1), frame(2), frame(3, 2)])).toEqual(["doubled"]);
    expect(kindsIn([frame(1), frame(2), done])).toEqual(["lost"]);
    expect(kindsIn([frame(1), frame(2), finished])).toEqual(["silent gap"]);
    expect(kindsIn([frame(1), frame(2), frame(3), done, frame(4)])).toContain("wrong");
  });
});
