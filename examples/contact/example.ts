import type { Example } from "../gallery/example.js";
import { Contact } from "./contact.js";

export const contact: Example = {
  name: "contact",
  title: "Contact form",
  group: "Forms and people",
  line: "One schema gives the fields, their labels, the checks and the messages; the thanks take the form's place.",
  tries: [
    "Send it empty: each message stands beside its field, and a link leads there.",
    "Switch JavaScript off and do the same again: nothing you typed is lost.",
  ],
  components: { contact: Contact },
  sources: ["contact.ts", "contact.njk", "letterbox.ts", "page.njk"],
};
