import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Seeded } from "./seeded.js";

/** A way between clients and a server that breaks like networks do. */
export interface CuttingProxy {
  readonly port: number;
  /** Connections that are open now. */
  readonly open: number;
  /** Connections that were cut so far. */
  readonly cuts: number;
  /**
   * Cuts each connection with this chance: some at once, some in the middle of what comes next. Both sides see a reset.
   * @returns how many.
   */
  cut(random: Seeded, likely: number): number;
  /** Cuts all and takes no new ones, until it is mended. */
  block(): void;
  mend(): void;
  /** Lets nothing through; connections stay open, and new ones are taken. */
  hold(): void;
  release(): void;
  close(): Promise<void>;
}

/**
 * Breaks a connection off. Node 20 never closes a socket that is reset while its end is on the way, and then the process
 * does not end: such a one is closed without a reset.
 */
function breakOff(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** One connection through it: the socket of the client, and the one to the server. */
class Way {
  /** Bytes that still go through before it is cut. */
  #left = Number.POSITIVE_INFINITY;
  #isHeld = false;
  readonly #near: Socket;
  readonly #far: Socket;

  constructor(near: Socket, targetPort: number, onClose: (way: Way) => void) {
    const far = connect(targetPort, "127.0.0.1");
    this.#near = near;
    this.#far = far;
    this.#join(near, far);
    this.#join(far, near);
    far.once("close", () => onClose(this));
  }

  cutNow(): void {
    breakOff(this.#near);
    breakOff(this.#far);
  }

  cutAfter(bytes: number): void {
    this.#left = bytes;
  }

  hold(): void {
    this.#isHeld = true;
    this.#near.pause();
    this.#far.pause();
  }

  release(): void {
    this.#isHeld = false;
    if (!this.#far.writableNeedDrain) this.#near.resume();
    if (!this.#near.writableNeedDrain) this.#far.resume();
  }

  #join(from: Socket, to: Socket): void {
    // What is small is sent as it is: it is how real messages are cut in two.
    from.setNoDelay(true);
    from.on("data", (bytes) => {
      if (bytes.length >= this.#left) {
        to.write(bytes.subarray(0, this.#left));
        return this.cutNow();
      }
      this.#left -= bytes.length;
      if (!to.write(bytes)) from.pause();
    });
    to.on("drain", () => {
      if (!this.#isHeld) from.resume();
    });
    from.on("end", () => to.end());
    // A reset is one of the ways to be closed.
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
  }
}

const LONGEST_REST = 600;

/** Begins to listen on a free port. Whoever does has to close it. */
export async function openCuttingProxy(targetPort: number): Promise<CuttingProxy> {
  const ways = new Set<Way>();
  let isBlocked = false;
  let isHeld = false;
  let cuts = 0;
  const server = createServer((near) => {
    if (isBlocked) return void near.resetAndDestroy();
    const way = new Way(near, targetPort, (one) => void ways.delete(one));
    ways.add(way);
    if (isHeld) way.hold();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  function cutAll(): void {
    cuts += ways.size;
    for (const way of ways) way.cutNow();
  }

  return {
    port,
    get open() {
      return ways.size;
    },
    get cuts() {
      return cuts;
    },
    cut(random, likely) {
      const chosen = [...ways].filter(() => random.chance(likely));
      for (const way of chosen) {
        if (random.chance(0.5)) way.cutNow();
        else way.cutAfter(random.whole(0, LONGEST_REST));
      }
      cuts += chosen.length;
      return chosen.length;
    },
    block() {
      isBlocked = true;
      cutAll();
    },
    mend() {
      isBlocked = false;
    },
    hold() {
      isHeld = true;
      for (const way of ways) way.hold();
    },
    release() {
      isHeld = false;
      for (const way of ways) way.release();
    },
    async close() {
      isBlocked = true;
      const closed = once(server, "close");
      server.close();
      cutAll();
      await closed;
    },
  };
}
