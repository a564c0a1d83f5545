import type { Example } from "../gallery/example.js";
import { Counter } from "./counter.js";

export const counter: Example = {
  name: "counter",
  title: "Counter",
  group: "Components",
  line: "A class, a template and one event: the smallest live piece of a page.",
  tries: [
    "Click as fast as you can: every click counts once.",
    "Switch JavaScript off and click again: the button is a form.",
  ],
  components: { counter: Counter },
  sources: ["counter.ts", "counter.njk", "page.njk"],
};
