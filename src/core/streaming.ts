import { Component } from "./component.js";

/**
 * What happens to a stream whose connection is lost:
 * - `abort`: the handler is stopped; what it showed stays, marked as interrupted. The default.
 * - `restart`: the same, and it may be sent again by itself, because it changes nothing.
 * - `resume`: the handler goes on for a while and its frames are kept; whoever comes back gets what was missed.
 */
export type StreamMode = "abort" | "restart" | "resume";

/**
 * A component whose handlers show their work as it happens: an `async *on_<event>` sends what the template shows at every
 * `yield`, and once more at its end. Any component may have such handlers; this one says what becomes of a stream whose
 * connection is lost.
 *
 * ```ts
 * class Answer extends StreamingComponent<{ text: string }> {
 *   static override stream = "resume" as const;
 *   async *on_ask({ question }: Payload<typeof events, "ask">) {
 *     for await (const chunk of model.answer(question, { signal: this.signal })) {
 *       this.state.text += chunk;
 *       yield this.append("answer", chunk);
 *     }
 *   }
 * }
 * ```
 */
export abstract class StreamingComponent<
  State extends object = object,
  Params extends object = object,
> extends Component<State, Params> {
  static override readonly stream: StreamMode = "abort";
}

/** Whether a handler answered with steps. */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
