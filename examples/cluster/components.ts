import { Component, type ComponentClass } from "hydrant";
import { z } from "zod";
import { Chat } from "../chat/chat.js";
import type { Conversation } from "../chat/conversation.js";

/** The chat rooms of the example of that name; only what is said lies elsewhere. */
export function chatIn(conversation: Conversation): ComponentClass {
  return class ClusterChat extends Chat {
    protected override readonly conversation = conversation;
  };
}

/** A counter whose state lies in the store: the page holds a reference, and every node can go on from there. */
export function counterOn(node: string): ComponentClass {
  return class Counter extends Component<{ count: number }> {
    static override template = "cluster/counter.njk";
    static override state = z.object({ count: z.number().int() });
    static override events = { increment: null };
    static override storage = "store" as const;

    override mount() {
      this.state = { count: 0 };
    }

    on_increment() {
      this.state.count += 1;
    }

    override getContext() {
      return { node };
    }
  };
}
