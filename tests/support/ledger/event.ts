import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { ClusterNode } from "../cluster/cluster.js";
import type { Root, Visitor } from "../cluster/visitor.js";

/** What an instance is to show. */
export interface Answer {
  readonly status: number;
  readonly html: string;
}

/** Answers after which the same is asked again: nobody was there, or something it needs was not. */
const AGAIN = new Set([408, 429, 500, 502, 503, 504]);

/**
 * Sends an event until it is carried out, with the newest seal; as one intent as long as nobody answers.
 * @returns `undefined` where the instance has to be loaded anew, or nobody wants the answer any more.
 */
export async function sendEvent(
  visitor: Visitor,
  pick: () => ClusterNode,
  root: () => Root,
  event: string,
  isWanted: () => boolean,
): Promise<Answer | undefined> {
  let headers = { "Idempotency-Key": randomUUID() };
  while (isWanted()) {
    try {
      const { status, body } = await visitor.send(pick(), root(), event, {}, { headers });
      if (!AGAIN.has(status)) {
        const html = (JSON.parse(body) as { readonly html?: string }).html ?? "";
        return html === "" ? undefined : { status, html };
      }
      // That is the answer to this intent, and would be given again.
      headers = { "Idempotency-Key": randomUUID() };
    } catch {
      // Cut; the same intent goes to another node.
    }
    await wait(100);
  }
  return undefined;
}
