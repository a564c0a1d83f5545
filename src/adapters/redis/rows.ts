import type { TopicEntry } from "../../core/index.js";

/** An entry of ours, and the one that was added before it. */
export interface ChainedEntry extends TopicEntry {
  /** Id of the entry before; empty where there was none. */
  readonly before: string;
}

/** One entry of the stream. */
export interface Row {
  readonly id: string;
  /** `undefined` for what does not have the shape of ours. */
  readonly entry: ChainedEntry | undefined;
}

/** Bytes of the topic and the data of one entry together. Nobody publishes more, and more is not passed on. */
export const LONGEST_ENTRY = 4_194_304;

/** What an id of a stream looks like: milliseconds and a count. */
const ID = /^\d{1,20}-\d{1,20}$/;

function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not UTF-8, so not of our making.
    return undefined;
  }
}

function readEntry(id: string, fields: readonly Buffer[] | null): ChainedEntry | undefined {
  if (fields?.length !== 6) return undefined;
  const [topicName, topicBytes, dataName, dataBytes, beforeName, beforeBytes] = fields as readonly [
    ...[Buffer, Buffer, Buffer, Buffer, Buffer, Buffer],
  ];
  if (`${topicName} ${dataName} ${beforeName}` !== "t d b") return undefined;
  if (topicBytes.length + dataBytes.length > LONGEST_ENTRY) return undefined;
  const [topic, data, before] = [textOf(topicBytes), textOf(dataBytes), textOf(beforeBytes)];
  if (topic === undefined || data === undefined || before === undefined) return undefined;
  return before === "" || ID.test(before) ? { id, topic, data, before } : undefined;
}

/** Reads what XRANGE answers, its texts as bytes. */
export function readRows(reply: unknown): Row[] {
  const rows = reply as readonly (readonly [id: Buffer, fields: readonly Buffer[] | null])[];
  return rows.map(([idBytes, fields]) => {
    const id = idBytes.toString("latin1");
    return { id, entry: readEntry(id, fields) };
  });
}

/** Reads what XREAD answers for one stream: a list of pairs in the older protocol, a map in the newer one. */
export function readStream(reply: unknown): Row[] {
  if (reply === null) return [];
  const pairs = Array.isArray(reply) ? (reply as readonly [unknown, unknown][]) : Object.entries(reply as object);
  return readRows(pairs[0]?.[1] ?? []);
}

/** Whether one id stands before another in a stream. */
export function isBefore(one: string, other: string): boolean {
  const [ms = 0n, count = 0n] = one.split("-").map(BigInt);
  const [otherMs = 0n, otherCount = 0n] = other.split("-").map(BigInt);
  return ms < otherMs || (ms === otherMs && count < otherCount);
}
