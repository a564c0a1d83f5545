import { Counter } from "../counter/counter.js";
import type { Example } from "../gallery/example.js";
import { Card } from "./card.js";
import { Shelf } from "./shelf.js";

export const card: Example = {
  name: "card",
  title: "Card with slots",
  group: "Components",
  line: "Live components inside a live component: a parent is rendered again, and its children stay as they are.",
  tries: [
    "Count, then paint the card: the card is new, the counters are not.",
    "Add a counter: the shelf, the card and the counters each keep their own state.",
  ],
  components: { shelf: Shelf, card: Card, counter: Counter },
  sources: ["shelf.njk", "shelf.ts", "card.ts", "card.njk", "page.njk"],
};
