import { within } from "./ask.js";
import type { RedisConnection } from "./client.js";

/** Ends it at once; what waits on it rejects. */
export function close(connection: RedisConnection): void {
  // Version 5 throws where there is nothing to end.
  if (connection.isOpen) connection.destroy();
}

/**
 * Connects. A client would try again by itself for ever, without a word to those who wait; this rejects with the first
 * failure, and when it takes longer than so many milliseconds.
 */
export async function connect(connection: RedisConnection, withinMs: number): Promise<void> {
  const failed = new Promise<never>((_resolve, reject) => {
    // It stays: an error later without a listener would end the process. Commands in hand reject with it as well.
    connection.on("error", reject);
  });
  try {
    await within(withinMs, Promise.race([connection.connect(), failed]), "connecting");
  } catch (error) {
    close(connection);
    throw error;
  }
}
