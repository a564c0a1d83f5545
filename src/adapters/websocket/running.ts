import { Lanes } from "./lanes.js";

/** Messages that may wait for their turn, and how many of the longest ones that may be in bytes. */
const MOST_WAITING = 100;
const MOST_LONG = 8;

/** What runs for one socket. */
export class Running {
  readonly #controllers = new Set<AbortController>();
  readonly #lanes: Lanes;
  readonly #mostBytes: number;
  readonly #begins: () => Promise<boolean>;
  #waitingBytes = 0;

  /**
   * @param messageBytes Of the longest message.
   * @param begins Waits until a task may begin; false where none may any more.
   * @param onIdle Runs when the last task has ended.
   */
  constructor(messageBytes: number, begins: () => Promise<boolean>, onIdle: () => void) {
    this.#mostBytes = messageBytes * MOST_LONG;
    this.#begins = begins;
    this.#lanes = new Lanes(onIdle);
  }

  /** Whether nothing runs or waits. */
  get isIdle(): boolean {
    return this.#lanes.size === 0;
  }

  /** Whether a message of this length has to be refused. */
  isFull(bytes: number): boolean {
    return this.#lanes.size >= MOST_WAITING || this.#waitingBytes + bytes > this.#mostBytes;
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
