import { within } from "./ask.js";
import type { RedisClient, RedisConnection } from "./client.js";

/** A connection of our own beside the application's: made once, used, and ended. It does not connect again by itself. */
export class OwnConnection {
  readonly client: RedisConnection;
  #isReaching = false;
  #isClosed = false;

  /** @param client The application's, whose options it takes over. */
  constructor(client: RedisClient) {
    this.client = client.duplicate({
      // What is sent while there is no connection would wait for the next, and be answered out of turn.
      disableOfflineQueue: true,
      socket: { ...client.options?.socket, reconnectStrategy: false },
    });
  }

  /** Connects. Rejects with the first failure, and when it takes longer than so many milliseconds; then it is ended. */
  async connect(withinMs: number): Promise<void> {
    const { client } = this;
    const failed = new Promise<never>((_resolve, reject) => {
      // It stays: an error later without a listener would end the process. Commands in hand reject with it as well.
      client.on("error", reject);
    });
    client.on("connect", () => {
      this.#isReaching = false;
      if (this.#isClosed) this.#end();
    });
    this.#isReaching = true;
    const connecting = client.connect().finally(() => {
      this.#isReaching = false;
    });
    try {
      await within(withinMs, Promise.race([connecting, failed]), "connecting");
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Ends it; what waits on it rejects. */
  close(): void {
    this.#isClosed = true;
    // A client that is ended while its socket is being opened knows nothing of that socket, which stays open for ever.
    if (!this.#isReaching) this.#end();
  }

  #end(): void {
    // Version 5 throws where there is nothing to end.
    if (this.client.isOpen) this.client.destroy();
  }
}
