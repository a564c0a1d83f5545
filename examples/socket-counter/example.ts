import { Counter } from "../counter/counter.js";
import type { Example } from "../gallery/example.js";

export const socketCounter: Example = {
  name: "socket-counter",
  title: "Counter on a socket",
  group: "Live",
  line: "The same counter, class and template unchanged; its events go over one WebSocket, and over HTTP where there is none.",
  tries: [
    "Look at the network panel while you click: one socket, and no request.",
    "Switch the network off and on again in the browser's tools: it opens a new socket, and no click is lost or counted twice.",
  ],
  components: { counter: Counter },
  sources: ["page.njk", "../gallery/serve.ts", "../counter/counter.ts", "../counter/counter.njk"],
};
