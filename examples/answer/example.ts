import type { Example } from "../gallery/example.js";
import { Answer } from "./answer.js";

export const answer: Example = {
  name: "answer",
  title: "Streaming answer",
  group: "Live",
  line: "A handler that yields: the answer appears word by word, can be stopped, and goes on after the connection was lost.",
  tries: [
    "Ask, then press Stop: what was said stays.",
    "Ask, then switch the network off and on again in the browser's tools: the rest follows, and nothing comes twice.",
    "Switch JavaScript off and ask: the page waits, then shows the whole answer.",
  ],
  components: { answer: Answer },
  sources: ["answer.ts", "answer.njk", "model.ts", "page.njk"],
};
