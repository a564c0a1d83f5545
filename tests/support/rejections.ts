import { onTestFinished } from "vitest";

/** Rejections that nobody handles, from now until the test is over; the test says whether there may be any. */
export function unhandledRejections(): () => readonly unknown[] {
  const reasons: unknown[] = [];
  const note = (reason: unknown): void => void reasons.push(reason);
  process.on("unhandledRejection", note);
  onTestFinished(() => void process.off("unhandledRejection", note));
  return () => reasons;
}
