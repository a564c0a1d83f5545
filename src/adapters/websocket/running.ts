import { Lanes } from "./lanes.js";

/** Messages that may wait for their turn, and how many of the longest ones that may be in bytes. */
const MOST_WAITING = 100;
const MOST_LONG = 8;

/** What runs for one socket. Made when something does: most sockets wait most of the time. */
export class Running {
  readonly #controllers = new Set<AbortController>();
  readonly #lanes: Lanes;
  readonly #begins: () => Promise<boolean>;
  #waitingBytes = 0;

  /**
   * @param begins Waits until a task may begin; false where none may any more.
   * @param onIdle Runs when the last task has ended.
   */
  constructor(begins: () => Promise<boolean>, onIdle: () => void) {
    this.#begins = begins;
    this.#lanes = new Lanes(onIdle);
  }

  /** Whether a message of so many bytes has to be refused. @param messageBytes Of the longest message. */
  isFull(bytes: number, messageBytes: number): boolean {
    return this.#lanes.size >= MOST_WAITING || this.#waitingBytes + bytes > messageBytes * MOST_LONG;
  }

  /** Runs a task after those of its lane. @param task Must not reject. Its signal aborts when the socket is lost. */
  run(lane: string, bytes: number, task: (signal: AbortSignal) => Promise<void>): void {
    this.#waitingBytes += bytes;
    this.#lanes.run(lane, async () => {
      const mayBegin = await this.#begins();
      this.#waitingBytes -= bytes;
      if (!mayBegin) return;
      // One for each task: listeners on a signal of the socket would stay as long as the socket.
      const controller = new AbortController();
      this.#controllers.add(controller);
      await task(controller.signal);
      this.#controllers.delete(controller);
    });
  }

  /** Nobody waits for the answers any more. */
  abort(): void {
    this.#lanes.clear();
    for (const controller of this.#controllers) controller.abort(new DOMException("the caller left", "AbortError"));
  }
}
