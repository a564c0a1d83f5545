import { Connection } from "../socket/connection.js";
import { LAST_WORDS, Reader } from "./reader.js";
import { BROADCAST_PATH } from "./serve.js";
import { TRANSPORTS, type TransportName } from "./transports.js";

/*
 * A process full of readers of one server, which does as its parent asks.
 */
export type Order =
  | { readonly kind: "open"; readonly port: number; readonly transport: TransportName; readonly count: number }
  /** Closes all but so many. */
  | { readonly kind: "keep"; readonly count: number }
  | { readonly kind: "broadcast" }
  | { readonly kind: "stop" };

export type Reply =
  /** Readers that are open, and why there are no more. */
  | { readonly kind: "open"; readonly count: number; readonly reason: string | undefined }
  /** Milliseconds until all had it, and microseconds of CPU that this took here. */
  | { readonly kind: "broadcast"; readonly millis: number; readonly cpu: number }
  | { readonly kind: "failed"; readonly reason: string };

const AT_ONCE = 64;
const MOST_MS = 30_000;

interface Counted {
  reader: Reader;
  messages: number;
}

const readers: Counted[] = [];
let control: Connection | undefined;
let port = 0;
/** Broadcasts so far, readers that have the newest, and what to do when all have. */
let round = 0;
let arrived = 0;
let onAll: (() => void) | undefined;
let onWrong: ((error: Error) => void) | undefined;
let lost = 0;

function heard(counted: Counted): void {
  counted.messages++;
  if (counted.messages !== round) {
    onWrong?.(new Error(`a reader was told ${counted.messages} times in ${round} broadcasts`));
  } else if (++arrived === readers.length) onAll?.();
}

async function openOne(transport: TransportName): Promise<void> {
  const counted = { messages: 0 } as Counted;
  counted.reader = await Reader.open(port, {
    transport: TRANSPORTS[transport],
    mark: LAST_WORDS,
    onMessage: () => heard(counted),
    onLost: () => {
      lost++;
    },
  });
  readers.push(counted);
}

async function open(order: Order & { kind: "open" }): Promise<Reply> {
  port = order.port;
  round = 0;
  control = await Connection.open(port);
  let wanted = order.count;
  let reason: string | undefined;
  const some = async (): Promise<void> => {
    while (wanted-- > 0) {
      try {
        await openOne(order.transport);
      } catch (error) {
        wanted = 0;
        reason = (error as Error).message;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, some));
  return { kind: "open", count: readers.length, reason };
}

function keep(count: number): Reply {
  for (const { reader } of readers.splice(count)) reader.close();
  return { kind: "open", count: readers.length, reason: undefined };
}

async function broadcast(): Promise<Reply> {
  round++;
  arrived = 0;
  let late: NodeJS.Timeout | undefined;
  const all = new Promise<number>((resolve, reject) => {
    onAll = () => resolve(performance.now());
    onWrong = reject;
    late = setTimeout(() => {
      reject(new Error(`${arrived} of ${readers.length} readers were told within ${MOST_MS} ms; ${lost} were lost`));
    }, MOST_MS);
  });
  const used = process.cpuUsage();
  const begun = performance.now();
  const answered = control?.ask(
    `POST ${BROADCAST_PATH} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 0\r\n\r\n`,
  );
  const ended = await all;
  clearTimeout(late);
  if ((await answered)?.status !== 200) throw new Error("the broadcast was not answered");
  const { user, system } = process.cpuUsage(used);
  return { kind: "broadcast", millis: ended - begun, cpu: user + system };
}

async function carryOut(order: Order): Promise<Reply> {
  try {
    if (order.kind === "open") return await open(order);
    if (order.kind === "keep") return keep(order.count);
    return await broadcast();
  } catch (error) {
    return { kind: "failed", reason: (error as Error).message };
  }
}

process.on("message", (order: Order) => {
  if (order.kind === "stop") process.exit(0);
  void carryOut(order).then((reply) => process.send?.(reply));
});
process.on("disconnect", () => process.exit(0));
