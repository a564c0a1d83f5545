/**
 * First bytes of the file types whose content can be told at a glance. `-1` stands for any byte.
 *
 * Sources: PNG, section 5.2; JFIF/JPEG markers SOI; GIF89a, section 17; WebP container; ISO 32000-1, 7.5.2; APPNOTE.TXT 4.3.7.
 */
const SIGNATURES: Readonly<Record<string, readonly (readonly number[])[]>> = {
  "image/png": [[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  "image/jpeg": [[0xff, 0xd8, 0xff]],
  "image/gif": [[0x47, 0x49, 0x46, 0x38, -1, 0x61]],
  "image/webp": [[0x52, 0x49, 0x46, 0x46, -1, -1, -1, -1, 0x57, 0x45, 0x42, 0x50]],
  "application/pdf": [[0x25, 0x50, 0x44, 0x46, 0x2d]],
  "application/zip": [
    [0x50, 0x4b, 0x03, 0x04],
    [0x50, 0x4b, 0x05, 0x06],
  ],
};

/**
 * Whether the beginning of a file can belong to the type it is said to have. Types that are not listed cannot be told
 * by their beginning and are taken at their word; that is why files are only ever served as attachments.
 */
export function isGenuine(type: string, beginning: Uint8Array): boolean {
  const signatures = Object.hasOwn(SIGNATURES, type) ? SIGNATURES[type] : undefined;
  if (signatures === undefined) return true;
  return signatures.some((signature) => signature.every((byte, at) => byte === -1 || beginning[at] === byte));
}
