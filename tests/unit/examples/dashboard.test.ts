import { describe, expect, it } from "vitest";
import { bars, lineChart } from "../../../examples/dashboard/charts.js";
import { Ticker } from "../../../examples/dashboard/ticker.js";
import { ROUTES, SPAN, sampleAt, samplesUntil } from "../../../examples/dashboard/traffic.js";
import { testClock } from "../../support/clock.js";

describe("the traffic of the example", () => {
  it("is the same for the same second, and another one in the next", () => {
    const second = 1_780_000_000;
    expect(sampleAt(second)).toEqual(sampleAt(second));
    expect(sampleAt(second)).not.toEqual({ ...sampleAt(second + 1), second });
  });

  it("stays within what the charts are made for", () => {
    for (let second = 1_780_000_000; second < 1_780_002_000; second++) {
      const { answers, milliseconds } = sampleAt(second);
      expect(answers).toHaveLength(ROUTES.length);
      for (const count of answers) expect(count).toBeGreaterThan(0);
      expect(milliseconds).toBeGreaterThan(50);
      expect(milliseconds).toBeLessThan(200);
    }
  });

  it("is looked back on for a minute, up to the second asked for", () => {
    const samples = samplesUntil(1_780_000_000);
    expect(samples).toHaveLength(SPAN);
    expect(samples[0]?.second).toBe(1_780_000_001 - SPAN);
    expect(samples.at(-1)?.second).toBe(1_780_000_000);
  });
});

describe("a line chart", () => {
  it("runs through its values, against a scale that begins at 0 and ends at a round number", () => {
    const { width, line, area, ticks } = lineChart([0, 50, 200], 150);
    expect(width).toBe(2);
    expect(line).toMatch(/^M0,100C.*1,75C.*2,0$/);
    expect(area).toBe(`${line}V100H0Z`);
    expect(ticks).toEqual([
      { value: 0, y: 100 },
      { value: 100, y: 50 },
      { value: 200, y: 0 },
    ]);
  });

  it("keeps its scale while the values fit, and grows when one does not", () => {
    expect(lineChart([10], 150).ticks).toEqual(lineChart([140], 150).ticks);
    expect(lineChart([900], 150).ticks.at(-1)?.value).toBeGreaterThanOrEqual(900);
  });

  it("of nothing is empty", () => {
    expect(lineChart([], 150)).toMatchObject({ width: 1, line: "", area: "" });
  });
});

it("bars are as long as their part of the whole, never longer than it", () => {
  const row = [["/", 2_000] as const, ["/search", 0] as const];
  expect(bars(row, 4_000)).toEqual([
    { name: "/", value: 2_000, text: "2,000", width: 50 },
    { name: "/search", value: 0, text: "0", width: 0 },
  ]);
  expect(bars(row, 1_000)[0]?.width).toBe(100);
});

describe("the ticker of the charts", () => {
  function stage() {
    const clock = testClock();
    const ticks: number[] = [];
    const ticker = new Ticker("traffic");
    let isWatched = true;
    ticker.connect({
      now: clock.now,
      after: clock.after,
      report: (error) => expect.fail(String(error)),
      async publish() {
        ticks.push(clock.now());
        if (isWatched) ticker.seen();
        return { reached: "everywhere" };
      },
    });
    return {
      clock,
      ticker,
      ticks,
      leave: () => {
        isWatched = false;
      },
    };
  }

  it("does nothing until somebody looks, then ticks at the beginning of every second", () => {
    const { clock, ticker, ticks } = stage();
    clock.advance(5_400);
    expect([ticks, clock.pending()]).toEqual([[], 0]);
    ticker.seen();
    ticker.seen();
    expect(clock.pending()).toBe(1);
    clock.advance(600);
    for (let second = 0; second < 30; second++) clock.advance(1_000);
    expect(ticks).toHaveLength(31);
    for (const tick of ticks) expect(tick % 1_000).toBe(0);
  });

  it("stops soon after the last one left, and the next one starts it again", () => {
    const { clock, ticker, ticks, leave } = stage();
    ticker.seen();
    for (let second = 0; second < 3; second++) clock.advance(1_000);
    leave();
    for (let second = 0; second < 10; second++) clock.advance(1_000);
    expect(ticker.isTicking).toBe(false);
    expect(clock.pending()).toBe(0);
    const before = ticks.length;
    expect(before).toBeLessThan(10);
    ticker.seen();
    clock.advance(1_000);
    expect(ticks).toHaveLength(before + 1);
  });
});
