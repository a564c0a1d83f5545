import type { ChatStore, Message, Room } from "../chat/store.js";
import type { redisClient } from "./redis.js";

type Client = ReturnType<typeof redisClient>;

const MOST_MESSAGES = 60;
/** Seconds. */
const NAME_KEPT = 86_400;
const ROOM_KEPT = 86_400;

/** What the chat remembers, in Redis, where every node looks. */
export function redisChatStore(client: Client, prefix = "cluster:chat"): ChatStore {
  const nameKey = (person: string) => `${prefix}:name:${person}`;
  // The braces keep both keys of a room in one place of a larger Redis.
  const listKey = (room: Room) => `${prefix}:{${room}}:messages`;
  const countKey = (room: Room) => `${prefix}:{${room}}:count`;
  return {
    nameOf: async (person) => (await client.get(nameKey(person))) ?? undefined,
    async setName(person, name) {
      if (name === undefined) await client.del(nameKey(person));
      else await client.set(nameKey(person), name, { expiration: { type: "EX", value: NAME_KEPT } });
    },
    async add(room, said) {
      const message: Message = { id: String(await client.incr(countKey(room))), ...said };
      await client
        .multi()
        .rPush(listKey(room), JSON.stringify(message))
        .lTrim(listKey(room), -MOST_MESSAGES, -1)
        .expire(listKey(room), ROOM_KEPT)
        .exec();
      return message;
    },
    async newest(room) {
      const lines = await client.lRange(listKey(room), -MOST_MESSAGES, -1);
      return lines.map((line) => JSON.parse(line) as Message);
    },
  };
}
