import type { ClientRequest, IncomingMessage } from "node:http";
import { EventReader } from "../ledger/event-reader.js";
import type { ClusterNode } from "./cluster.js";
import { itemsIn, Visitor } from "./visitor.js";

/** A stream of steps, and what its reader was given so far. */
export interface Stairs {
  readonly steps: readonly number[];
  /** Numbers of the frames. */
  readonly numbers: readonly number[];
  /** Names of the nodes whose handlers made them. */
  readonly makers: readonly string[];
  /** Name of the event that ended it. */
  readonly ended: string | undefined;
  /** What it ended in, where it failed. */
  readonly failure: unknown;
  /** Whether a connection is open. */
  readonly isOpen: boolean;
  /** Leaves without a word. */
  leave(): void;
  /** Goes on after the last frame, on another node. */
  resume(node: ClusterNode): Promise<void>;
}

const ACCEPT = { Accept: "application/json, text/event-stream" };

/** Opens a page on a node and sends the event there; resolves when the stream has begun. */
export async function openStairs(
  node: ClusterNode,
  { steps: count, ms }: { steps: number; ms: number },
): Promise<Stairs> {
  const visitor = new Visitor();
  const [steps, numbers, makers] = [[] as number[], [] as number[], new Set<string>()];
  let [ended, failure]: [string | undefined, unknown] = [undefined, undefined];
  let [isOpen, last] = [false, ""];
  let sending: ClientRequest;

  function take(answer: IncomingMessage): void {
    isOpen = true;
    const events = new EventReader(({ event, data, id }) => {
      if (event !== "") {
        ended = event;
        failure = event === "component:error" ? JSON.parse(data) : undefined;
        return;
      }
      last = id;
      numbers.push(Number(id));
      const { html, append } = JSON.parse(data) as { readonly html: string; readonly append?: string };
      if (append === undefined) return;
      steps.push(...itemsIn(html));
      makers.add(/ data-node="([^"]*)"/.exec(html)?.[1] ?? "");
    });
    answer.setEncoding("utf8").on("data", (text: string) => events.feed(text));
    answer.on("error", () => {});
    answer.on("close", () => {
      isOpen = false;
    });
  }

  const [root] = (await visitor.open(node, ["stairs"])).roots;
  const body = new URLSearchParams({ state: root?.state ?? "", steps: String(count), ms: String(ms) }).toString();
  const headers = { ...ACCEPT, "Content-Type": "application/x-www-form-urlencoded" };
  const begun = await visitor.begin(node, { method: "POST", path: "/components/stairs/climb", headers, body });
  const [, ticket] = String(begun.answer.headers["hydrant-stream"]).split(" ");
  sending = begun.sent;
  take(begun.answer);

  return {
    steps,
    numbers,
    get makers() {
      return [...makers];
    },
    get ended() {
      return ended;
    },
    get failure() {
      return failure;
    },
    get isOpen() {
      return isOpen;
    },
    leave: () => void sending.destroy(),
    async resume(elsewhere) {
      const more = { ...ACCEPT, "Last-Event-ID": last };
      const { sent, answer } = await visitor.begin(elsewhere, {
        path: `/components/_streams/${ticket}`,
        headers: more,
      });
      if (answer.statusCode !== 200) throw new Error(`the rest of the stream was answered with ${answer.statusCode}`);
      sending = sent;
      take(answer);
    },
  };
}
