import type { Example } from "../gallery/example.js";
import { Bell } from "./bell.js";

export const limited: Example = {
  name: "limited",
  title: "Three a minute",
  group: "Forms and people",
  line: "A limit that stands beside the event it is for: the fourth ring within a minute is refused, and the page says how long to wait.",
  tries: [
    "Ring four times: the bell keeps its count and asks for patience.",
    "Open the page in a second tab and ring there: the limit counts you, not the tab.",
  ],
  components: { bell: Bell },
  sources: ["bell.ts", "bell.njk", "page.njk"],
};
