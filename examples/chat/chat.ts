import { Component, HydrantError, type Payload, type TopicQuestion } from "hydrant";
import { z } from "zod";
import { personOf } from "../gallery/person.js";
import { type Conversation, conversation, lineOf } from "./conversation.js";
import { type Message, ROOMS, type Room } from "./store.js";

const events = {
  enter: z.object({
    name: z.string().trim().min(1, "Others need something to call you.").max(24, "Keep it under 24 characters."),
  }),
  send: z.object({
    text: z.string().trim().min(1, "There is nothing to send yet.").max(400, "Keep it under 400 characters."),
  }),
  leave: null,
};

/** A room that everybody in it sees fill up. */
export class Chat extends Component<object, { room: Room }> {
  static override template = "chat/chat.njk";
  // Whoever follows a link to a room that does not exist lands in the first.
  static override params = z.object({ room: z.enum(ROOMS).catch(ROOMS[0]) });
  static override events = events;
  static override eventLimits = { send: { points: 20, seconds: 60, key: "session" } } as const;
  static override topics = ({ params }: TopicQuestion<{ room: Room }>) => [`room:${params.room}`];

  protected readonly conversation: Conversation = conversation;
  #name: string | undefined;
  #messages: readonly Message[] = [];

  async on_enter({ name }: Payload<typeof events, "enter">) {
    await this.conversation.store.setName(this.#person, name);
  }

  async on_send({ text }: Payload<typeof events, "send">) {
    const name = await this.conversation.store.nameOf(this.#person);
    if (name === undefined) {
      throw new HydrantError("invalid", undefined, { fields: { name: ["Say who you are first."] } });
    }
    await this.conversation.say(this.params.room, name, text);
  }

  async on_leave() {
    await this.conversation.store.setName(this.#person, undefined);
  }

  override async beforeRender() {
    const { store } = this.conversation;
    [this.#name, this.#messages] = await Promise.all([store.nameOf(this.#person), store.newest(this.params.room)]);
  }

  override getContext() {
    const { room } = this.params;
    return { rooms: ROOMS, name: this.#name, lines: this.#messages.map((message) => lineOf(room, message)) };
  }

  get #person() {
    return personOf(this.caller);
  }
}
