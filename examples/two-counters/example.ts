import { Counter } from "../counter/counter.js";
import type { Example } from "../gallery/example.js";

export const twoCounters: Example = {
  name: "two-counters",
  title: "Two counters",
  group: "Components",
  line: "One class used twice: each instance has its own state, and neither knows the other.",
  tries: [
    "Count on both sides at once: each side waits for its own answers only.",
    "Open this page in a second tab: it has counters of its own.",
  ],
  components: { counter: Counter },
  sources: ["page.njk", "../counter/counter.ts", "../counter/counter.njk"],
};
