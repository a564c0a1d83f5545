import { setTimeout } from "node:timers/promises";
import { readWeek, WEEKS } from "./weeks.js";

/** How many people's jobs are remembered. */
const MOST = 500;

export interface Reading {
  readonly week: number;
  readonly celsius: number;
}

/** One job as it stands. */
export interface Job {
  readonly stage: "running" | "done" | "failed" | "cancelled";
  /** Weeks read so far, and all there are. */
  readonly done: number;
  readonly total: number;
  /** What it found, once it is done. */
  readonly result?: { readonly warmest: Reading; readonly coldest: Reading; readonly mean: number };
}

export interface Order {
  /** A week that cannot be read. */
  readonly damaged?: number;
}

class Unreadable extends Error {}

function read(week: number, { damaged }: Order): Reading {
  if (week === damaged) throw new Unreadable(`week ${week} cannot be read`);
  return { week, celsius: readWeek(week) };
}

function resultOf(readings: readonly Reading[]): NonNullable<Job["result"]> {
  const sorted = [...readings].sort((a, b) => a.celsius - b.celsius);
  const sum = readings.reduce((before, { celsius }) => before + celsius, 0);
  const [coldest, warmest] = [sorted[0], sorted.at(-1)];
  if (coldest === undefined || warmest === undefined) throw new Error("there is nothing to read");
  return { warmest, coldest, mean: sum / readings.length };
}

/**
 * Long jobs, one for each person. They belong to the application, not to a page: they go on when the page is left, and
 * every page of that person shows the same. Stands for your queue and its workers; here it all is in memory.
 */
export class Jobs {
  readonly #jobs = new Map<string, Job>();
  readonly #running = new Map<string, AbortController>();
  readonly #listeners: ((person: string) => void)[] = [];
  readonly #pause: (signal: AbortSignal) => Promise<unknown>;

  /** @param pause What the work on one week takes. */
  constructor(pause: (signal: AbortSignal) => Promise<unknown> = (signal) => setTimeout(160, undefined, { signal })) {
    this.#pause = pause;
  }

  /** Calls back whenever the job of somebody stands differently. */
  onChange(listener: (person: string) => void): void {
    this.#listeners.push(listener);
  }

  of(person: string): Job | undefined {
    return this.#jobs.get(person);
  }

  /** Starts a new one, unless one is running. */
  start(person: string, order: Order = {}): void {
    if (this.#running.has(person)) return;
    const control = new AbortController();
    this.#running.set(person, control);
    this.#note(person, { stage: "running", done: 0, total: WEEKS });
    void this.#run(person, order, control.signal);
  }

  cancel(person: string): void {
    this.#running.get(person)?.abort();
  }

  /** Cancels all of them. */
  close(): void {
    for (const control of this.#running.values()) control.abort();
  }

  async #run(person: string, order: Order, signal: AbortSignal): Promise<void> {
    const readings: Reading[] = [];
    const note = (stage: Job["stage"], result?: Job["result"]) =>
      this.#note(person, { stage, done: readings.length, total: WEEKS, ...(result && { result }) });
    try {
      while (readings.length < WEEKS) {
        await this.#pause(signal);
        readings.push(read(readings.length + 1, order));
        note("running");
      }
      this.#running.delete(person);
      note("done", resultOf(readings));
    } catch (error) {
      this.#running.delete(person);
      note(signal.aborted ? "cancelled" : "failed");
      if (!signal.aborted && !(error instanceof Unreadable)) console.error(error);
    }
  }

  #note(person: string, job: Job): void {
    // Whoever did something last stands last.
    this.#jobs.delete(person);
    this.#jobs.set(person, job);
    this.#forgetOldest();
    for (const listener of this.#listeners) listener(person);
  }

  #forgetOldest(): void {
    if (this.#jobs.size <= MOST) return;
    for (const person of this.#jobs.keys()) {
      if (this.#running.has(person)) continue;
      this.#jobs.delete(person);
      return;
    }
  }
}

export const jobs = new Jobs();
