import { describe, expect, it } from "vitest";
import { type Job, Jobs } from "../../../examples/job/jobs.js";
import { readWeek, WEEKS } from "../../../examples/job/weeks.js";
import { gate } from "../../support/gate.js";

function stage() {
  const { pause, letThrough, waiting } = gate();
  const jobs = new Jobs(pause);
  const seen: (Job | undefined)[] = [];
  jobs.onChange((person) => seen.push(jobs.of(person)));
  return { jobs, letThrough, waiting, seen };
}

const ended = (jobs: Jobs, person: string) => expect.poll(() => jobs.of(person)?.stage);

describe("the long jobs of the example", () => {
  it("go on by themselves and tell every step, up to the result", async () => {
    const { jobs, letThrough, seen } = stage();
    jobs.start("ada");
    letThrough(WEEKS);
    await ended(jobs, "ada").toBe("done");
    expect(seen.map((job) => job?.done)).toEqual([0, ...Array.from({ length: WEEKS }, (_, index) => index + 1), WEEKS]);
    const all = Array.from({ length: WEEKS }, (_, index) => readWeek(index + 1));
    const result = jobs.of("ada")?.result;
    expect(result?.warmest.celsius).toBe(Math.max(...all));
    expect(result?.coldest.celsius).toBe(Math.min(...all));
    expect(result?.mean).toBeCloseTo(all.reduce((sum, one) => sum + one, 0) / WEEKS);
  });

  it("are one at a time for each person, and nobody's business but theirs", async () => {
    const { jobs, letThrough, waiting } = stage();
    jobs.start("ada");
    jobs.start("ada");
    jobs.start("bob");
    expect(waiting()).toBe(2);
    jobs.cancel("bob");
    await ended(jobs, "bob").toBe("cancelled");
    expect(jobs.of("ada")?.stage).toBe("running");
    expect(jobs.of("eve")).toBeUndefined();
    letThrough(WEEKS);
    await ended(jobs, "ada").toBe("done");
  });

  it("that are cancelled keep what they had, and can be started again", async () => {
    const { jobs, letThrough } = stage();
    jobs.start("ada");
    letThrough(3);
    await expect.poll(() => jobs.of("ada")?.done).toBe(3);
    jobs.cancel("ada");
    await ended(jobs, "ada").toBe("cancelled");
    expect(jobs.of("ada")).toEqual({ stage: "cancelled", done: 3, total: WEEKS });
    jobs.start("ada");
    expect(jobs.of("ada")).toEqual({ stage: "running", done: 0, total: WEEKS });
    jobs.close();
    await ended(jobs, "ada").toBe("cancelled");
  });

  it("that meet a week they cannot read fail there", async () => {
    const { jobs, letThrough } = stage();
    jobs.start("ada", { damaged: 5 });
    letThrough(WEEKS);
    await ended(jobs, "ada").toBe("failed");
    expect(jobs.of("ada")?.done).toBe(4);
  });

  it("are remembered up to a bound: the oldest that no longer runs is forgotten", async () => {
    const { jobs } = stage();
    jobs.start("runs");
    for (let person = 0; person < 600; person++) {
      jobs.start(`person ${person}`);
      jobs.cancel(`person ${person}`);
      await ended(jobs, `person ${person}`).toBe("cancelled");
    }
    expect(jobs.of("runs")?.stage).toBe("running");
    expect(jobs.of("person 0")).toBeUndefined();
    expect(jobs.of("person 599")?.stage).toBe("cancelled");
    jobs.close();
  });
});
