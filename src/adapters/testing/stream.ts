import type { Caller, Frame, Outcome, OutcomeStream, StreamMode } from "../../core/index.js";
import type { SendOptions, Target, TestAnswer } from "./door.js";

/** One step of a stream. An answer that is no stream is the only step, and a failure is the last one. */
export interface TestFrame extends TestAnswer {
  /** 0 for an answer that is no stream, and for a failure. */
  readonly number: number;
  readonly stream_done: boolean;
  /** Id of the element at whose end `html` goes, where it is only a piece. */
  readonly append: string | undefined;
  /** What the stream is stopped and resumed with; `undefined` for an answer that is no stream. */
  readonly ticket: string | undefined;
  /** What becomes of the stream when its reader is lost. */
  readonly mode: StreamMode | undefined;
}

/** What a call that lasts may carry beside. */
export interface LastingOptions {
  /** Another caller than the door's. */
  readonly caller?: Caller;
  /** Who asks by now. */
  readonly callerNow?: () => Caller | Promise<Caller>;
  /** Aborts when the caller leaves. */
  readonly signal?: AbortSignal;
}

/** Options of `stream`. */
export type StreamOptions = SendOptions & LastingOptions;

/** Options of `resume`. */
export interface ResumeOptions extends LastingOptions {
  /** Takes up the frames, as the instance on the page does that the stream belongs to. */
  readonly instance?: Target;
}

/** Frames one by one. Returning, which leaving a `for await` does, ends the handler. */
export type TestFrames = AsyncIterableIterator<TestFrame>;

/** How an outcome and a failure become answers of the door. */
export interface Answering {
  readonly succeeded: (outcome: Outcome) => TestAnswer;
  readonly failed: (error: unknown) => TestAnswer;
}

/** Makes the call, with the signal that tells it that the frames were left. */
export type Ask = (signal: AbortSignal) => Promise<Outcome | OutcomeStream>;

/** Asks when the first frame is wanted. @param shown Takes up every frame. */
export function testFrames(
  ask: Ask,
  { succeeded, failed }: Answering,
  shown: (frame: TestFrame) => void,
  left?: AbortSignal,
): TestFrames {
  const leaving = new AbortController();
  const signal = left === undefined ? leaving.signal : AbortSignal.any([left, leaving.signal]);

  async function* steps(): AsyncGenerator<TestFrame, void> {
    let stream: OutcomeStream | undefined;
    try {
      const answer = await ask(signal);
      if (answer.kind !== "stream") {
        yield testFrame(succeeded(answer), undefined, undefined);
        return;
      }
      stream = answer;
      for await (const frame of answer.frames) yield testFrame(succeeded(frame.outcome), frame, stream);
    } catch (error) {
      yield testFrame(failed(error), undefined, stream);
    }
  }

  const frames = steps();
  return {
    async next() {
      const step = await frames.next();
      if (step.done !== true) shown(step.value);
      return step;
    },
    // Whoever waits for a frame that does not come could not be ended otherwise.
    return() {
      leaving.abort(new DOMException("the frames were left", "AbortError"));
      return frames.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function testFrame(answer: TestAnswer, frame: Frame | undefined, stream: OutcomeStream | undefined): TestFrame {
  return {
    ...answer,
    number: frame?.number ?? 0,
    stream_done: frame?.done ?? true,
    append: frame?.append,
    ticket: stream?.ticket,
    mode: stream?.mode,
  };
}
