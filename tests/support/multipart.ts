/** One part of a multipart body; a file when it has a file's name. */
export interface BodyPart {
  readonly name: string;
  readonly value: string | Buffer;
  readonly file?: string;
  readonly type?: string;
}

export const MULTIPART = { "Content-Type": "multipart/form-data; boundary=edge" } as const;
export const LAST_EDGE = "--edge--\r\n";

/** What stands before the bytes of a part. Names are written as they are, hostile ones too. */
export function partHead({ name, file, type }: Omit<BodyPart, "value">): string {
  const named = file === undefined ? "" : `; filename="${file}"`;
  const typed = type === undefined ? "" : `Content-Type: ${type}\r\n`;
  return `--edge\r\nContent-Disposition: form-data; name="${name}"${named}\r\n${typed}\r\n`;
}

/** The parts in this order, as bytes. */
export function multipart(parts: readonly BodyPart[]): Buffer {
  const bytes = parts.flatMap((part) => [Buffer.from(partHead(part)), Buffer.from(part.value), Buffer.from("\r\n")]);
  return Buffer.concat([...bytes, Buffer.from(LAST_EDGE)]);
}

/** Bytes that begin as a PNG does, so long altogether. */
export function png(length: number, fill = 7): Buffer {
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(length - 8, fill)]);
}

/** A picture in the field `photos`. */
export function photo(value: Buffer | string = png(100), file = "a.png", type = "image/png"): BodyPart {
  return { name: "photos", value, file, type };
}
