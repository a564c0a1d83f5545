import { setTimeout } from "node:timers/promises";

/** What answers questions: the client of a language model, or something that looks like one. */
export interface Model {
  /** Pieces of the answer as they come. Ends early, with the signal's error, once that aborts. */
  answer(question: string, options: { readonly signal: AbortSignal }): AsyncIterable<string>;
}

interface Known {
  readonly question: string;
  /** A question with one of these in it means the same. */
  readonly words: readonly string[];
  readonly answer: string;
}

const KNOWN: readonly Known[] = [
  {
    question: "How does a lighthouse reach so far?",
    words: ["lighthouse", "lens", "lamp"],
    answer:
      "The lamp itself is small. What carries it over the sea is the glass around it.\n\n" +
      "A lens of that strength would be too thick and heavy to turn, so in 1822 Augustin Fresnel cut it into rings " +
      "and left out the glass between them. Each ring bends its part of the light into the same flat beam, and " +
      "almost nothing is lost upwards or down.\n\n" +
      "A tower helps as well: from 40 metres up, a light can be seen for 13 nautical miles before the sea itself, " +
      "which is round, gets in the way.",
  },
  {
    question: "Why does bread rise?",
    words: ["bread", "yeast", "dough", "rise"],
    answer:
      "Yeast eats the sugar in the flour and breathes out carbon dioxide. In water alone the gas would bubble away.\n\n" +
      "Dough holds it, because kneading ties the proteins of wheat into long elastic sheets. Thousands of small " +
      "pockets fill, and the dough grows to about twice its size.\n\n" +
      "In the oven the gas swells once more, then the heat sets the walls. What is left of the bubbles is the crumb.",
  },
  {
    question: "Where do swallows spend the winter?",
    words: ["swallow", "bird", "winter", "migrat"],
    answer:
      "South of the Sahara, most of those that breed in northern Europe as far as the Cape: some 10,000 kilometres " +
      "away, in about six weeks.\n\n" +
      "They fly by day and feed on the wing, so they cross where there are insects and make for reed beds at dusk. " +
      "Over the desert there are none, and many arrive with nothing left to spare.\n\n" +
      "In April the same birds are back, often at the very barn they left.",
  },
];

const NOT_KNOWN =
  "That is beyond this model: it only looks like one. It knows a little about lighthouses, about bread and about " +
  "swallows, and says it word by word.";

/** Questions that it can answer. */
export const questions: readonly string[] = KNOWN.map(({ question }) => question);

function answerTo(question: string): string {
  const asked = question.toLowerCase();
  return KNOWN.find(({ words }) => words.some((word) => asked.includes(word)))?.answer ?? NOT_KNOWN;
}

/** Stands for a language model: always says the same, a word at a time. @param pause What lies between two words. */
export function cannedModel(
  pause: (signal: AbortSignal) => Promise<unknown> = (signal) => setTimeout(45, undefined, { signal }),
): Model {
  return {
    async *answer(question, { signal }) {
      for (const word of answerTo(question).match(/\S+\s*/g) ?? []) {
        await pause(signal);
        yield word;
      }
    },
  };
}
