import type { Example } from "../gallery/example.js";
import { Invoice } from "./invoice.js";

export const invoice: Example = {
  name: "invoice",
  title: "Invoice",
  group: "Forms and people",
  line: "Lines are added and taken away, and the server works out what they come to while they are typed.",
  tries: [
    "Add lines, fill them in, and take one away from the middle.",
    "Make it due before it is issued.",
    "Without JavaScript, adding a line brings the amounts up to date.",
  ],
  components: { invoice: Invoice },
  sources: ["invoice.ts", "invoice.njk", "money.ts", "page.njk"],
};
