/** Rooms there are, by their name in addresses. */
export const ROOMS = ["harbour", "workshop"] as const;

export type Room = (typeof ROOMS)[number];

export interface Message {
  /** Tells the messages of a room apart: letters, digits and `-`. */
  readonly id: string;
  readonly by: string;
  readonly text: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/**
 * What the chat remembers. With one process that is memory; with several it has to lie where all of them look, and
 * every method can wait for that.
 */
export interface ChatStore {
  /** Name that somebody gave themselves. */
  nameOf(person: string): Promise<string | undefined>;
  /** @param name `undefined` forgets it. */
  setName(person: string, name: string | undefined): Promise<void>;
  /** Keeps a message as the newest of its room. */
  add(room: Room, message: Omit<Message, "id">): Promise<Message>;
  /** The newest messages of a room, the oldest of them first. */
  newest(room: Room): Promise<readonly Message[]>;
}

export interface ChatBounds {
  /** Messages kept for each room. Default 60. */
  readonly messages?: number;
  /** Names kept. Default 1,000. */
  readonly names?: number;
}

/** Forgets what is beyond its bounds, the oldest first. */
export function memoryChatStore({ messages: mostMessages = 60, names: mostNames = 1_000 }: ChatBounds = {}): ChatStore {
  const rooms = new Map<Room, Message[]>(ROOMS.map((room) => [room, []]));
  const names = new Map<string, string>();
  let number = 0;
  return {
    async nameOf(person) {
      return names.get(person);
    },
    async setName(person, name) {
      names.delete(person);
      if (name !== undefined) names.set(person, name);
      const oldest = names.keys().next();
      if (names.size > mostNames && oldest.done !== true) names.delete(oldest.value);
    },
    async add(room, said) {
      const message = { id: String(++number), ...said };
      const messages = rooms.get(room) ?? [];
      messages.push(message);
      messages.splice(0, messages.length - mostMessages);
      return message;
    },
    async newest(room) {
      return [...(rooms.get(room) ?? [])];
    },
  };
}
