import type { UploadStore } from "../ports/upload-store.js";
import { isAsyncIterable } from "../streaming.js";
import { failUnavailable, type UploadedFile } from "../uploads.js";

/** Keeps the files of a form for good once its handler is done, after its last step where it yields. */
export function keepAfter(answer: unknown, files: readonly UploadedFile[], store: UploadStore | undefined): unknown {
  return isAsyncIterable(answer) ? afterSteps(answer, files, store) : afterAnswer(answer, files, store);
}

async function afterAnswer(
  answer: unknown,
  files: readonly UploadedFile[],
  store: UploadStore | undefined,
): Promise<void> {
  await answer;
  for (const { key } of files) await store?.keep(key).catch(failUnavailable);
}

async function* afterSteps(
  steps: AsyncIterable<unknown>,
  files: readonly UploadedFile[],
  store: UploadStore | undefined,
): AsyncGenerator<unknown> {
  yield* steps;
  await afterAnswer(undefined, files, store);
}
