import { type Payload, StreamingComponent } from "hydrant";
import { z } from "zod";
import { cannedModel, type Model, questions } from "./model.js";

const events = {
  ask: z.object({
    question: z.string().trim().min(1, "Ask something.").max(200, "Keep it under 200 characters."),
  }),
};

interface State {
  question: string;
  text: string;
  /** Whether the text is all of the answer. */
  isWhole: boolean;
}

const model = cannedModel();

/** Shows an answer while it is being made. */
export class Answer extends StreamingComponent<State> {
  static override template = "answer/answer.njk";
  static override state = z.object({ question: z.string(), text: z.string(), isWhole: z.boolean() });
  static override events = events;
  // Asking again would make another answer, so this one is kept until the page is back for the rest.
  static override stream = "resume" as const;

  protected readonly model: Model = model;

  override mount() {
    this.state = { question: "", text: "", isWhole: false };
  }

  async *on_ask({ question }: Payload<typeof events, "ask">) {
    this.state = { question, text: "", isWhole: false };
    yield; // The page shows what was asked, and an empty place for the answer.
    for await (const piece of this.model.answer(question, { signal: this.signal })) {
      this.state.text += piece;
      yield this.append("answer", piece);
    }
    this.state.isWhole = true;
  }

  override getContext() {
    return { questions };
  }
}
