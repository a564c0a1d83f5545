import { Component, IsAuthenticated, IsStaff, type Payload } from "hydrant";
import { z } from "zod";
import type { Visitor } from "./visitor.js";

const MOST = 20;

const events = {
  post: z.object({
    text: z.string().trim().min(1, "An empty note is not pinned up.").max(140, "Keep it under 140 characters."),
  }),
  clear: null,
};

/** Stands for a table in your database: the newest notes, in memory only. */
const notes = [{ by: "Bob", text: "Who has the key to the boathouse?" }];

/** Notes for members only. Everybody signed in may post; staff may clear the board. */
export class Board extends Component {
  static override template = "members/board.njk";
  static override events = events;
  static override permissions = [IsAuthenticated];
  static override eventPermissions = { clear: IsStaff };

  on_post({ text }: Payload<typeof events, "post">) {
    notes.unshift({ by: (this.caller as Visitor).user?.name ?? "", text });
    notes.splice(MOST);
  }

  on_clear() {
    notes.length = 0;
  }

  override getContext() {
    return { notes };
  }
}
