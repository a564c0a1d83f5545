import { expect, it } from "vitest";
import { cannedModel, questions } from "../../../examples/answer/model.js";

const { signal } = new AbortController();
const atOnce = () => Promise.resolve();

async function answerTo(question: string): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of cannedModel(atOnce).answer(question, { signal })) pieces.push(piece);
  return pieces;
}

it("the model says a word at a time, with the spaces and empty lines that follow it", async () => {
  const pieces = await answerTo(questions[0] ?? "");
  expect(pieces.length).toBeGreaterThan(50);
  for (const piece of pieces) expect(piece).toMatch(/^\S+\s*$/);
  expect(pieces.join("")).toContain("the glass around it.\n\nA lens of that strength");
});

it("the model knows what it is about to be asked, in other words as well, and says so where it does not", async () => {
  const known = await Promise.all(questions.map(answerTo));
  expect(new Set(known.map((pieces) => pieces.join(""))).size).toBe(questions.length);
  expect(await answerTo("tell me about DOUGH")).toEqual(await answerTo("Why does bread rise?"));
  expect((await answerTo("What is 2 + 2?")).join("")).toMatch(/^That is beyond this model/);
});

it("the model stops in the middle of a pause when nobody wants the rest", async () => {
  const control = new AbortController();
  const pieces: string[] = [];
  const saying = (async () => {
    for await (const piece of cannedModel().answer("bread", { signal: control.signal })) {
      pieces.push(piece);
      control.abort();
    }
  })();
  await expect(saying).rejects.toThrow(/abort/i);
  expect(pieces).toEqual(["Yeast "]);
});
