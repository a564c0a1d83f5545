import type { Example } from "../gallery/example.js";
import { SignUp } from "./sign-up.js";

export const signUp: Example = {
  name: "sign-up",
  title: "Sign-up",
  group: "Forms and people",
  line: "Fields are checked while they are filled in, by the schema that checks them again when the form is sent.",
  tries: [
    "Choose the name “ada”, then another one.",
    "Watch the rules while you type a password, then type another one below.",
    "Type something and leave the page: the browser asks first.",
  ],
  components: { "sign-up": SignUp },
  sources: ["sign-up.ts", "sign-up.njk", "accounts.ts", "password-rules.ts", "page.njk"],
};
