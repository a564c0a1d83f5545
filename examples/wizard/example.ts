import type { Example } from "../gallery/example.js";
import { Wizard } from "./wizard.js";

export const wizard: Example = {
  name: "wizard",
  title: "Wizard",
  group: "Forms and people",
  line: "Three steps, each with a schema of its own. One goes back and forth, and nothing that was entered is lost.",
  tries: [
    "Choose a country, then another one: the cities follow.",
    "Fill in half of the second step, go back, and come again.",
    "Switch JavaScript off in the middle of it and go on.",
  ],
  components: { wizard: Wizard },
  sources: ["wizard.ts", "steps.ts", "wizard.njk", "places.ts", "page.njk"],
};
