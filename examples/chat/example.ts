import type { Example } from "../gallery/example.js";
import { Chat } from "./chat.js";
import { conversation, lineOf } from "./conversation.js";

export const chat: Example = {
  name: "chat",
  title: "Chat rooms",
  group: "Live",
  line: "Two rooms that fill up while you look. What you are typing stays yours, whatever arrives meanwhile.",
  tries: [
    "Open the page in a second browser and talk to yourself.",
    "Begin a sentence in one window and send messages from the other: the sentence is left alone.",
    "Go to the other room: nothing of this one is heard there.",
  ],
  components: { chat: Chat },
  live(server) {
    // `append` and not `publish`: a message is the same for everybody, so it is written once and sent as it is, where
    // `publish` would render the whole room once for each person in it. Who missed one is rendered anew all the same.
    conversation.onMessage((room, message) => server.append(`room:${room}`, "messages", lineOf(room, message)));
  },
  sources: ["chat.ts", "chat.njk", "conversation.ts", "store.ts", "example.ts", "../gallery/person.ts", "page.njk"],
};
