import type { IncomingMessage } from "node:http";
import type { Root } from "../cluster/visitor.js";
import { EventReader } from "./event-reader.js";
import type { Link, LinkHearer, LinkParts, RefusedCodes } from "./link.js";

const PARTIAL = /<hx-partial ([^>]*)>([\s\S]*?)<\/hx-partial>/g;

function attribute(text: string, name: string): string | undefined {
  return new RegExp(`(?:^| )${name}="([^"]*)"`).exec(text)?.[1];
}

/** Takes partials apart, as the client of the browser does. */
function hearPartials(html: string, hear: LinkHearer): void {
  for (const [, attributes = "", inside = ""] of html.matchAll(PARTIAL)) {
    const target = (attribute(attributes, "hx-target") ?? "").replace(/^#/, "");
    const swap = attribute(attributes, "hx-swap");
    const base = attribute(attributes, "data-base");
    if (swap === "beforeend") hear.piece(target, inside);
    else if (swap === "outerMorph") hear.update(inside, base ?? "~");
    else hear.refused(target.split(" ", 1)[0] ?? "", attribute(inside, "data-code") ?? swap ?? "");
  }
}

interface Opened {
  readonly connection: string;
}

/** Reads the messages of one connection. @returns what the first of them says. */
function read(answer: IncomingMessage, hear: LinkHearer): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const events = new EventReader(({ event, data, id }) => {
      if (event === "connected") resolve(JSON.parse(data) as Opened);
      else if (event === "page") hearPartials(data.slice(data.indexOf("\n") + 1), hear);
      else if (event === "") hearPartials(data, hear);
      else if (event === "stale" || event === "current") hear.health(event === "current");
      else if (event === "resync") {
        hear.resync((JSON.parse(data) as { readonly instances: readonly string[] }).instances);
        return;
      }
      if (id !== "") hear.position(id);
    });
    answer.setEncoding("utf8");
    answer.on("data", (text: string) => events.feed(text));
    answer.on("error", reject);
    answer.on("close", () => reject(new Error("the connection was cut")));
  });
}

async function open(parts: LinkParts, path: string): Promise<Link> {
  const { visitor, pick, page, cursor, hear } = parts;
  const headers = { Accept: "text/event-stream", ...(cursor === "" ? {} : { "Last-Event-ID": cursor }) };
  const { sent, answer } = await visitor.begin(pick(), { path, headers });
  if (answer.statusCode !== 200) {
    answer.resume();
    throw new Error(`updates were answered with ${answer.statusCode}`);
  }
  let isClosed = false;
  const closed = new Promise<void>((resolve) => {
    answer.once("close", () => {
      isClosed = true;
      resolve();
    });
  });
  const { connection } = await read(answer, hear);

  async function subscribe({ component, state }: Root, since: string): Promise<RefusedCodes> {
    const change = { connection, page, cursor: since, subscribe: [{ component, state }] };
    const { status, body } = await visitor.json(pick(), "/components/_live", change);
    if (status !== 200) throw new Error(`the subscription was answered with ${status}`);
    return (JSON.parse(body) as { readonly refused: readonly { readonly code: string }[] }).refused.map(
      ({ code }) => code,
    );
  }

  return {
    confirms: false,
    subscribe,
    listen: () => Promise.reject(new Error("event streams listen to no topics")),
    hide: () => void answer.pause(),
    show: () => void answer.resume(),
    close: () => void sent.destroy(),
    get isClosed() {
      return isClosed;
    },
    closed,
  };
}

/** As the client of the browser does it: instances are posted, to whichever node. */
export function openPostedLink(parts: LinkParts): Promise<Link> {
  return open(parts, "/components/_live?shared");
}

/** Instances stand in the address; newer seals are posted later. */
export async function openAddressedLink(parts: LinkParts): Promise<Link> {
  const named = parts.roots.map(({ component, state }) => `component=${component}&state=${state}`);
  return open(
    { ...parts, page: "" },
    `/components/_live?cursor=${encodeURIComponent(parts.cursor)}&${named.join("&")}`,
  );
}
