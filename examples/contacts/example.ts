import type { Example } from "../gallery/example.js";
import { Contacts } from "./contacts.js";
import { PersonCard } from "./person.js";

export const contacts: Example = {
  name: "contacts",
  title: "List and detail",
  group: "Components",
  line: "Two components that refresh each other: choose a person, change the name, and both sides follow in one answer.",
  tries: ["Choose a person: one answer carries the list and the person.", "Change a name, or clear it, and save."],
  components: { contacts: Contacts, person: PersonCard },
  sources: ["contacts.ts", "contacts.njk", "person.ts", "person.njk", "page.njk"],
};
