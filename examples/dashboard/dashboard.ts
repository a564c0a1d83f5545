import { Component } from "hydrant";
import { z } from "zod";
import { bars, lineChart } from "./charts.js";
import { Ticker } from "./ticker.js";
import { ROUTES, type Sample, samplesUntil } from "./traffic.js";

const TOPIC = "traffic";

export const ticker = new Ticker(TOPIC);

/** The charts' scales fit a common minute, so that they do not jump with every push. */
const USUAL = { milliseconds: 150, answers: 4_000 };

const sum = (values: readonly number[]) => values.reduce((before, value) => before + value, 0);

/** Charts of the last minute: drawn here, and drawn again every second. */
export class Dashboard extends Component<{ heldAt: number | null }> {
  static override template = "dashboard/dashboard.njk";
  static override state = z.object({ heldAt: z.number().int().nullable() });
  static override events = { hold: null, go_on: null };
  static override topics = () => [TOPIC];

  protected readonly ticker: Ticker = ticker;

  override mount() {
    this.state = { heldAt: null };
  }

  on_hold() {
    this.state.heldAt = this.#second;
  }

  on_go_on() {
    this.state.heldAt = null;
  }

  override changed() {
    // Whoever holds the board is sent nothing.
    if (this.state.heldAt !== null) this.unchanged();
  }

  override beforeRender() {
    if (this.state.heldAt === null) this.ticker.seen();
  }

  override getContext() {
    const samples = samplesUntil(this.state.heldAt ?? this.#second);
    const times = samples.map(({ milliseconds }) => milliseconds);
    return { ...figuresOf(samples), times: lineChart(times, USUAL.milliseconds), routes: routesOf(samples) };
  }

  get #second() {
    return Math.floor(this.ticker.now() / 1000);
  }
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone: "UTC" });

function rowOf({ second, milliseconds, answers }: Sample) {
  return { at: CLOCK.format(second * 1000), milliseconds, answers: sum(answers) };
}

function figuresOf(samples: readonly Sample[]) {
  const rows = samples.map(rowOf);
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) throw new Error("there is nothing to show");
  const times = rows.map(({ milliseconds }) => milliseconds);
  return {
    now: last,
    // Against the minute, because a single second says little.
    change: Math.round((last.answers / (sum(rows.map(({ answers }) => answers)) / rows.length) - 1) * 100),
    least: Math.min(...times),
    most: Math.max(...times),
    rows: rows.filter((_, index) => (index + 1) % 10 === 0),
  };
}

function routesOf(samples: readonly Sample[]) {
  const totals = ROUTES.map((route, index) => [route, sum(samples.map(({ answers }) => answers[index] ?? 0))] as const);
  return bars(totals, USUAL.answers);
}
