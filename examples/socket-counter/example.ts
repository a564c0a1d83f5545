import { Counter } from "../counter/counter.js";
import type { Example } from "../gallery/example.js";

export const socketCounter: Example = {
  name: "socket-counter",
  title: "Counter on a socket",
  group: "Live",
  line: "The same counter, class and template unchanged; its events go over one WebSocket, and over HTTP where there is none.",
  tries: [
    "Look at the network panel while you click: one socket, and no request.",
    "Stop the server and start it again: the next click connects anew.",
  ],
  components: { counter: Counter },
  sources: ["page.njk", "../gallery/serve.ts", "../counter/counter.ts", "../counter/counter.njk"],
};
