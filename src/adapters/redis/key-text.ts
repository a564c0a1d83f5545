import { createHash } from "node:crypto";

const PLAIN = /^(?!#)[\x20-\x7e]{1,200}$/;

/**
 * The text a key is kept under. Short ASCII stays readable. Everything else becomes a digest: names stay short, and
 * UTF-8 has the same bytes for all halves of surrogate pairs.
 */
export function keyText(key: string): string {
  return PLAIN.test(key) ? key : `#${createHash("sha256").update(key, "utf16le").digest("base64url")}`;
}
