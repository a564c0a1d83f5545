import type { SchemaIssue } from "../ports/schema.js";
import type { UploadStore } from "../ports/upload-store.js";
import { failUnavailable, ReceivedFile, type UploadedFile, type UploadRule } from "../uploads.js";

type Fields = Readonly<Record<string, unknown>>;
type Rules = ReadonlyMap<string, UploadRule>;

/** Files that a form holds in one field. */
export function filesIn(formData: Fields, field: string): readonly UploadedFile[] {
  const files = formData[field];
  return Array.isArray(files) ? (files as UploadedFile[]) : [];
}

/** The files of all fields once those that came are added: they stay until they are removed; a field for one takes the newest. */
export function addFiles(rules: Rules, formData: Fields, payload: Fields): Record<string, readonly UploadedFile[]> {
  const files: Record<string, readonly UploadedFile[]> = {};
  for (const [field, { maxFiles = 1 }] of rules) {
    // Only a file that came with this call counts; nothing else in a payload can name one.
    const came = [payload[field], payload[`${field}[]`]].flat().filter((one) => one instanceof ReceivedFile);
    for (const file of came) file.claimed = true;
    const all = [...filesIn(formData, field), ...came.map((file) => file.plain())];
    files[field] = maxFiles === 1 ? all.slice(-1) : all;
  }
  return files;
}

/** The same data as the schema sees it: one file, or a list of them. */
export function withFiles(rules: Rules, formData: Fields, data: Fields): Record<string, unknown> {
  const seen: Record<string, unknown> = { ...data };
  for (const [field, { maxFiles = 1 }] of rules) {
    const files = filesIn(formData, field);
    if (maxFiles > 1) seen[field] = files;
    else if (files[0] === undefined) delete seen[field];
    else seen[field] = files[0];
  }
  return seen;
}

export function tooManyFiles(rules: Rules, formData: Fields): SchemaIssue[] {
  return [...rules].flatMap(([field, { maxFiles = 1 }]) =>
    filesIn(formData, field).length > maxFiles ? [{ path: [field], message: `At most ${maxFiles} files.` }] : [],
  );
}

/** Takes files out of a form that the store no longer has. @returns a message for each by field, if there is one. */
export async function dropLostFiles(
  rules: Rules,
  formData: Record<string, unknown>,
  store: UploadStore | undefined,
): Promise<Record<string, string[]> | undefined> {
  let messages: Record<string, string[]> | undefined;
  for (const field of rules.keys()) {
    for (const file of filesIn(formData, field)) {
      if ((await store?.read(file.key).catch(failUnavailable)) !== undefined) continue;
      formData[field] = filesIn(formData, field).filter((one) => one !== file);
      messages ??= {};
      messages[field] = [...(messages[field] ?? []), `"${file.name}" is no longer here. Choose it again.`];
    }
  }
  return messages;
}
