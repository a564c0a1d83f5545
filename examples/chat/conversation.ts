import { html } from "hydrant/tagged";
import { type ChatStore, type Message, memoryChatStore, type Room } from "./store.js";

const TIME = new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone: "UTC" });

/** One line of the log. The id keeps a page from showing a message twice that reaches it in two ways. */
export function lineOf(room: Room, { id, by, text, at }: Message) {
  const when = new Date(at);
  return html`<li id="message-${room}-${id}"><strong>${by}</strong> <time datetime="${when.toISOString()}">${TIME.format(when)}</time> <span>${text}</span></li>`;
}

/** What is said, and who hears of it. */
export class Conversation {
  readonly #listeners: ((room: Room, message: Message) => Promise<unknown>)[] = [];
  readonly #now: () => number;

  constructor(
    readonly store: ChatStore,
    now: () => number = Date.now,
  ) {
    this.#now = now;
  }

  /** Calls back for every message that is kept. */
  onMessage(listener: (room: Room, message: Message) => Promise<unknown>): void {
    this.#listeners.push(listener);
  }

  async say(room: Room, by: string, text: string): Promise<void> {
    const message = await this.store.add(room, { by, text, at: this.#now() });
    await Promise.all(this.#listeners.map((tell) => tell(room, message)));
  }
}

export const conversation = new Conversation(memoryChatStore());
