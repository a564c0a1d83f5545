import { Component, type Payload, type TopicQuestion } from "hydrant";
import { z } from "zod";
import { personOf } from "../gallery/person.js";
import { type Job, type Jobs, jobs, type Reading } from "./jobs.js";

const DAMAGED_WEEK = 30;

const events = { start: z.object({ damaged: z.literal("yes").optional() }), cancel: null };

const DEGREES = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

const degrees = (celsius: number) => `${DEGREES.format(celsius).replace("-", "\u2212")} °C`;

function inWords({ warmest, coldest, mean }: NonNullable<Job["result"]>) {
  const say = ({ week, celsius }: Reading) => `${degrees(celsius)} in week ${week}`;
  return { warmest: say(warmest), coldest: say(coldest), mean: degrees(mean) };
}

/** The topic that tells the pages of one person how their job stands. */
export function jobTopic(person: string): string {
  return `job:${person}`;
}

/** Shows how the visitor's job stands, on every page they have open. */
export class JobPanel extends Component {
  static override template = "job/job.njk";
  static override events = events;
  static override topics = ({ caller }: TopicQuestion) => [jobTopic(personOf(caller))];

  protected readonly jobs: Jobs = jobs;

  on_start({ damaged }: Payload<typeof events, "start">) {
    this.jobs.start(this.#person, damaged === undefined ? {} : { damaged: DAMAGED_WEEK });
  }

  on_cancel() {
    this.jobs.cancel(this.#person);
  }

  override getContext() {
    const job = this.jobs.of(this.#person);
    return { job, result: job?.result && inWords(job.result), damagedWeek: DAMAGED_WEEK };
  }

  get #person() {
    return personOf(this.caller);
  }
}
