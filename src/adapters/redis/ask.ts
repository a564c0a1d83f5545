import type { Redis, RedisCommandOptions } from "./client.js";

/**
 * Waits for work, but no longer than so many milliseconds.
 *
 * @param whenLate Runs when the time is over, before the rejection.
 */
export function within<T>(ms: number, work: Promise<T>, what: string, whenLate?: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let last: NodeJS.Immediate | undefined;
    const timer = setTimeout(() => {
      // An answer that waits in the socket of a busy process is read before this runs.
      last = setImmediate(() => {
        reject(new Error(`${what}: no answer from Redis within ${ms} ms`));
        whenLate?.();
      });
    }, ms);
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      clearImmediate(last);
    });
  });
}

/** Replies are read as text, whatever the application's client reads them as. */
const AS_TEXT: RedisCommandOptions = { typeMapping: {} };

/**
 * Sends one command. Rejects at once while the client is not connected, and when the answer does not come in time: a
 * client never gives up on a command it has sent, so a Redis that hangs would hold every call.
 */
export function ask(
  { client, timeoutMs }: Pick<Redis, "client" | "timeoutMs">,
  args: readonly string[],
  options: RedisCommandOptions = AS_TEXT,
): Promise<unknown> {
  const [name = ""] = args;
  if (!client.isReady) return Promise.reject(new Error(`${name}: the client is not connected to Redis`));
  const giveUp = new AbortController();
  const answer = client.sendCommand(args, { ...options, abortSignal: giveUp.signal });
  // What was not even sent by then is not sent later.
  return within(timeoutMs, answer, name, () => giveUp.abort());
}

/**
 * Runs a script, which is one step for everybody else. It is sent whole each time: Redis keeps what it made of it, and
 * a Redis that was started anew needs no second try.
 */
export function run(redis: Redis, script: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
  return ask(redis, ["EVAL", script, String(keys.length), ...keys, ...args]);
}

/** Milliseconds as Redis takes them: whole, and at least one. */
export function msText(ms: number): string {
  return String(Math.max(1, Math.ceil(ms)));
}
