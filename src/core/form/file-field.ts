import { escapeHtml } from "../html.js";
import { sizeText, type UploadedFile, type UploadRule } from "../uploads.js";
import { writeAttributes } from "./attributes.js";
import { controlAttributes, type FieldOptions } from "./controls.js";
import { enteredIn, type FormScope, idOf } from "./scope.js";

function limitText({ maxBytes, maxFiles = 1, types }: UploadRule): string {
  const size = `At most ${sizeText(maxBytes)}${maxFiles > 1 ? ` each, ${maxFiles} files` : ""}.`;
  return types === undefined ? size : `${size} ${types.map(typeText).join(", ")}.`;
}

const FAMILIES: Readonly<Record<string, string>> = { image: "images", audio: "audio", video: "video", text: "text" };

/** `image/*` is images, `image/png` is PNG, `application/pdf` is PDF. */
function typeText(type: string): string {
  const [family = "", kind = ""] = type.split("/");
  if (kind === "*") return (Object.hasOwn(FAMILIES, family) ? FAMILIES[family] : undefined) ?? family;
  return kind.replace(/^x-/, "").split("+", 1)[0]?.toUpperCase() ?? type;
}

function fileItem(form: FormScope, name: string, file: UploadedFile): string {
  const url = escapeHtml(`${form.scope.base}/_files/${form.scope.sealFile(file)}`);
  const text = escapeHtml(file.name);
  const remove = form.on("remove_file", { _field: name, _key: file.key });
  return (
    `<li data-key="${escapeHtml(file.key)}"><a href="${url}" download>${text}</a> <span data-file-size>${sizeText(file.size)}</span> ` +
    `<button type="submit" formnovalidate ${remove} aria-label="Remove ${text}">Remove</button></li>`
  );
}

/**
 * A file control, the files that are already there, and the progress of those on their way. With JavaScript files are
 * sent as soon as they are chosen; without, they go with the form.
 */
export function fileField(form: FormScope, name: string, options: FieldOptions, rule: UploadRule): string {
  const entered = enteredIn(form, name);
  const files = Array.isArray(entered) ? (entered as UploadedFile[]) : [];
  const own = writeAttributes({
    multiple: (rule.maxFiles ?? 1) > 1,
    accept: rule.types?.join(","),
    "data-upload": true,
    "data-max-bytes": rule.maxBytes,
  });
  // What is there already need not be chosen again.
  const control = controlAttributes(form, name, { ...options, check: false }, { mayBeEmpty: files.length > 0 });
  const send = `${form.on("upload", { _field: name })} hx-trigger="change" hx-encoding="multipart/form-data"`;
  const list = files.map((file) => fileItem(form, name, file)).join("");
  return (
    `<p data-file-limit>${escapeHtml(limitText(rule))}</p><input type="file" ${control}${own} ${send}>` +
    `<div data-upload-progress hidden><progress max="100" value="0" aria-labelledby="${idOf(form, name)}-sent"></progress> ` +
    `<span id="${idOf(form, name)}-sent" data-upload-text aria-live="polite"></span> <button type="button" data-upload-cancel>Cancel</button></div>` +
    `<ul data-files>${list}</ul>`
  );
}
