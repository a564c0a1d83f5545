import type { Example } from "../gallery/example.js";
import { Notebook } from "./notebook.js";

export const notebook: Example = {
  name: "notebook",
  title: "Notebook",
  group: "Components",
  line: "Large state in the store: a diary of 1,500 lines stays on the server; the page carries a reference, and an older tab cannot overwrite a newer one.",
  tries: [
    "Open the notebook in a second tab, write here, then write there.",
    "Look at what an event sends: a few hundred bytes.",
  ],
  components: { notebook: Notebook },
  sources: ["notebook.ts", "notebook.njk", "page.njk"],
};
