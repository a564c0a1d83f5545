import type { TopicEntry, TopicFollower, TopicLog } from "hydrant";

/** The way of one node to a log that several share. A test breaks it. */
export interface BreakingLog extends TopicLog {
  /** From now on publishing is refused, or never answered. */
  refuse(): void;
  hang(): void;
  /** The next ones to publish are refused, without anything else being wrong. */
  refuseOnce(): void;
  /** The node no longer reaches the log: it neither publishes nor reads. */
  cut(): void;
  /** All is well again, and what was missed follows. */
  mend(): void;
  /** All is well again, but what was missed is lost. */
  mendWithLoss(): void;
  /** `follow` is refused this many times, each time after so many entries were given. */
  refuseFollowing(times: number, afterEntries?: number): void;
  /** Gives the node an entry that nobody published. */
  forge(entry: TopicEntry): void;
  /** How often the node published, successfully or not. */
  attempts(): number;
}

export function breakingLog(log: TopicLog): BreakingLog {
  let how: "well" | "refuses" | "hangs" = "well";
  let once = false;
  let isCut = false;
  let tries = 0;
  let refusals = 0;
  let given = Number.POSITIVE_INFINITY;
  let follower: TopicFollower | undefined;
  let missed: TopicEntry[] = [];

  function mend(loses: boolean): void {
    how = "well";
    if (!isCut) return;
    isCut = false;
    if (loses) follower?.gap();
    else for (const entry of missed) follower?.entry(entry);
    missed = [];
    follower?.up();
  }

  return {
    async publish(topic, data) {
      tries++;
      const isRefused = once || how === "refuses" || isCut;
      once = false;
      if (isRefused) throw new Error("the log cannot be reached");
      if (how === "hangs") return new Promise<void>(() => {});
      return log.publish(topic, data);
    },
    async follow(own) {
      let left = refusals > 0 ? given : Number.POSITIVE_INFINITY;
      const isRefused = refusals > 0;
      let isOver = false;
      const stop = await log.follow({
        entry(entry) {
          if (isOver || left-- <= 0) return;
          if (isCut) missed.push(entry);
          else own.entry(entry);
        },
        gap: () => own.gap(),
        down: (error) => own.down(error),
        up: () => own.up(),
      });
      if (!isRefused) {
        follower = own;
        return stop;
      }
      refusals--;
      isOver = true;
      await stop();
      throw new Error("the log cannot be read");
    },
    refuse() {
      how = "refuses";
    },
    hang() {
      how = "hangs";
    },
    refuseOnce() {
      once = true;
    },
    cut() {
      isCut = true;
      follower?.down(new Error("the connection was cut"));
    },
    mend: () => mend(false),
    mendWithLoss: () => mend(true),
    refuseFollowing(times, afterEntries = 0) {
      refusals = times;
      given = afterEntries;
    },
    forge: (entry) => follower?.entry(entry),
    attempts: () => tries,
  };
}
