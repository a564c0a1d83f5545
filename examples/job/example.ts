import type { Example } from "../gallery/example.js";
import { JobPanel, jobTopic } from "./job.js";
import { jobs } from "./jobs.js";

export const job: Example = {
  name: "job",
  title: "Long job",
  group: "Live",
  line: "Work that takes its time, with its progress on every page of the person who started it. Pages may come and go.",
  tries: [
    "Start it, go to another example and come back: it has gone on.",
    "Open a second tab: both show the same, and either can cancel.",
    "Start it with a damaged week: it fails, and says where.",
  ],
  components: { job: JobPanel },
  live(server) {
    jobs.onChange((person) => {
      server.publish(jobTopic(person)).catch((error: unknown) => server.report(error));
    });
  },
  close: async () => jobs.close(),
  sources: ["job.ts", "job.njk", "jobs.ts", "example.ts", "../gallery/person.ts", "weeks.ts", "page.njk"],
};
