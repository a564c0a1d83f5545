import { randomBytes } from "node:crypto";

interface Session {
  readonly member: string;
  /** Epoch milliseconds. */
  readonly until: number;
}

export interface SessionOptions {
  /** Milliseconds a session lasts. Default 8 hours. */
  readonly lastsMs?: number;
  /** Sessions at once; for one more, the oldest goes. Default 10,000. */
  readonly most?: number;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** Who is signed in, under names that nobody can guess. With several processes this is a table, or Redis. */
export class SessionStore {
  readonly #sessions = new Map<string, Session>();
  readonly #lastsMs: number;
  readonly #most: number;
  readonly #now: () => number;

  constructor({ lastsMs = 8 * 3_600_000, most = 10_000, now = Date.now }: SessionOptions = {}) {
    this.#lastsMs = lastsMs;
    this.#most = most;
    this.#now = now;
  }

  /** @returns the name of a new session; never one that was there before, or that somebody brought along. */
  begin(member: string): string {
    const name = randomBytes(32).toString("base64url");
    this.#sessions.set(name, { member, until: this.#now() + this.#lastsMs });
    if (this.#sessions.size > this.#most) this.end(this.#sessions.keys().next().value as string);
    return name;
  }

  /** @returns the id of the member whose session it is. */
  memberOf(name: string): string | undefined {
    const session = this.#sessions.get(name);
    if (session === undefined || session.until > this.#now()) return session?.member;
    this.end(name);
    return undefined;
  }

  end(name: string): void {
    this.#sessions.delete(name);
  }
}

export const sessions = new SessionStore();
