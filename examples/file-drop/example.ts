import type { Example } from "../gallery/example.js";
import { FileDrop } from "./file-drop.js";
import { uploads } from "./uploads.js";

export const fileDrop: Example = {
  name: "file-drop",
  title: "File drop",
  group: "Forms and people",
  line: "Files are on their way as soon as they are chosen, with progress and a way back; they are still there when the rest of the form has to be mended.",
  tries: [
    "Drop several pictures at once, and cancel a large one.",
    "Send without saying what it is: the message stands at that field, and the files stay.",
    "Give a text the name of a picture: its first bytes tell.",
  ],
  components: { "file-drop": FileDrop },
  server: { uploadStore: uploads },
  sources: ["file-drop.ts", "file-drop.njk", "uploads.ts", "page.njk"],
};
