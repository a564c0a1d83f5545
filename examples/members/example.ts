import type { Example } from "../gallery/example.js";
import { Board } from "./board.js";
import { SignIn } from "./sign-in.js";
import { visitor } from "./visitor.js";

export const members: Example = {
  name: "members",
  title: "Sign-in",
  group: "Forms and people",
  line: "Who may see a component, and who may do what in it: a sign-in form, a board for members, and a button for staff.",
  tries: [
    "Sign in as Bob, then as Ada: only staff can clear the board.",
    "Open a second tab, sign out in one and post in the other: the old page is worth nothing any more.",
    "Try a name that does not exist: the answer is the same as for a wrong password, and takes as long.",
  ],
  components: { "sign-in": SignIn, board: Board },
  door: { caller: visitor, signIn: "/members" },
  sources: [
    "sign-in.ts",
    "sign-in.njk",
    "board.ts",
    "board.njk",
    "visitor.ts",
    "sessions.ts",
    "passwords.ts",
    "page.njk",
  ],
};
