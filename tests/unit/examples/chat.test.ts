import { describe, expect, it } from "vitest";
import { Conversation, lineOf } from "../../../examples/chat/conversation.js";
import { type Message, memoryChatStore } from "../../../examples/chat/store.js";

const NOON = Date.UTC(2026, 5, 1, 12);

describe("what the chat example remembers", () => {
  it("are the newest messages of each room, in the order of time", async () => {
    const store = memoryChatStore({ messages: 3 });
    for (const text of ["one", "two", "three", "four"]) await store.add("harbour", { by: "Ada", text, at: NOON });
    await store.add("workshop", { by: "Bob", text: "elsewhere", at: NOON });
    const texts = async (room: "harbour" | "workshop") => (await store.newest(room)).map(({ text }) => text);
    expect(await texts("harbour")).toEqual(["two", "three", "four"]);
    expect(await texts("workshop")).toEqual(["elsewhere"]);
    const ids = (await store.newest("harbour")).map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
  });

  it("are names until they are forgotten, and no more than its bound", async () => {
    const store = memoryChatStore({ names: 2 });
    await store.setName("1", "Ada");
    await store.setName("2", "Bob");
    await store.setName("1", "Ada L.");
    await store.setName("3", "Eve");
    expect(await Promise.all(["1", "2", "3"].map((person) => store.nameOf(person)))).toEqual([
      "Ada L.",
      undefined,
      "Eve",
    ]);
    await store.setName("3", undefined);
    expect(await store.nameOf("3")).toBeUndefined();
  });
});

describe("a conversation of the chat example", () => {
  it("tells everybody who listens, and is kept before that", async () => {
    const store = memoryChatStore();
    const conversation = new Conversation(store, () => NOON);
    const heard: [string, Message, number][] = [];
    conversation.onMessage(async (room, message) => heard.push([room, message, (await store.newest(room)).length]));
    await conversation.say("workshop", "Ada", "Hello");
    expect(heard).toEqual([["workshop", { id: expect.any(String), by: "Ada", text: "Hello", at: NOON }, 1]]);
  });

  it("shows what people write as text, whatever it looks like", () => {
    const line = lineOf("harbour", { id: "7", by: "<b>Ada</b>", text: '"><script>alert(1)</script>', at: NOON }).value;
    expect(line).toBe(
      '<li id="message-harbour-7"><strong>&lt;b&gt;Ada&lt;/b&gt;</strong> ' +
        '<time datetime="2026-06-01T12:00:00.000Z">12:00</time> ' +
        "<span>&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;</span></li>",
    );
  });
});
