import { DefinitionError, HydrantError } from "./errors.js";
import { isGenuine } from "./file-signatures.js";
import type { UploadStore } from "./ports/upload-store.js";

/** What one file field of a form takes. */
export interface UploadRule {
  /** Bytes of one file. */
  readonly maxBytes: number;
  /** Default 1. */
  readonly maxFiles?: number;
  /** Media types such as `image/png` or `image/*`. Default: any. */
  readonly types?: readonly string[];
}

/** A file somebody sent, as a form remembers it and as its schema sees it. The bytes lie in the upload store. */
export interface UploadedFile {
  /** Where the store keeps it. Made by the server; nothing from outside chooses it. */
  readonly key: string;
  /** What the sender calls it. For people to read; never a path. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** What the sender says it is. */
  readonly type: string;
}

/** A file that came with the call in hand. A class, so that nothing in a payload can pass for one. */
export class ReceivedFile implements UploadedFile {
  /** A form took it up; otherwise it is removed when the call ends. */
  claimed = false;

  constructor(
    readonly key: string,
    readonly name: string,
    readonly size: number,
    readonly type: string,
  ) {}

  /** The same file sent again is the same intent, although it lies elsewhere. */
  toJSON(): object {
    return { name: this.name, size: this.size, type: this.type };
  }

  plain(): UploadedFile {
    return { key: this.key, name: this.name, size: this.size, type: this.type };
  }
}

/** Takes one file as it arrives. @returns what stands in the payload in its place. */
export type TakeFile = (
  field: string,
  file: { readonly name: string; readonly type: string },
  bytes: AsyncIterable<Uint8Array>,
) => Promise<unknown>;

/** Files of one call. */
export interface Intake {
  readonly take: TakeFile;
  /** Removes what no form took up, and everything when the call failed: then no page knows of it. */
  settle(isAnswered: boolean): Promise<unknown> | undefined;
}

/** `photos[]` is another spelling of `photos`. */
export function fileFieldOf(name: string): string {
  return name.endsWith("[]") ? name.slice(0, -2) : name;
}

/** What is wrong with the declaration of a field, if something is. */
export function checkUploadRule(where: string, rule: UploadRule): void {
  const { maxBytes, maxFiles = 1, types = [] } = rule;
  const counts = [maxBytes, maxFiles].every((count) => Number.isSafeInteger(count) && count > 0);
  if (counts && types.every((type) => /^[\w.+-]+\/(?:\*|[\w.+-]+)$/.test(type))) return;
  throw new DefinitionError(
    `${where} must be { maxBytes: 5_000_000, maxFiles: 3, types: ["image/png", "image/*"] }: whole numbers above 0 and media types.`,
  );
}

/** `5 MB`, `300 kB`, `12 bytes`. */
export function sizeText(bytes: number): string {
  if (bytes >= 1_000_000) return `${Number((bytes / 1_000_000).toFixed(1))} MB`;
  return bytes >= 1_000 ? `${Math.round(bytes / 1_000)} kB` : `${bytes} bytes`;
}

function allows({ types }: UploadRule, type: string): boolean {
  return (
    types === undefined ||
    types.some((one) => one === type || (one.endsWith("/*") && type.startsWith(one.slice(0, -1))))
  );
}

function wrongType({ types = [] }: UploadRule): HydrantError {
  return new HydrantError("unsupported_media_type", `This file cannot be taken. Send one of: ${types.join(", ")}.`);
}

interface Measured {
  size: number;
}

/** The longest signature that is looked at. */
const BEGINNING = 12;

/** Passes the bytes on, and stops at the first that is too many or that shows the file is not what it says. */
async function* measure(
  bytes: AsyncIterable<Uint8Array>,
  rule: UploadRule,
  type: string,
  measured: Measured,
): AsyncGenerator<Uint8Array> {
  let beginning: number[] | undefined = rule.types === undefined ? undefined : [];
  const check = (): void => {
    if (beginning !== undefined && !isGenuine(type, Uint8Array.from(beginning))) throw wrongType(rule);
    beginning = undefined;
  };
  for await (const chunk of bytes) {
    beginning?.push(...chunk.subarray(0, BEGINNING));
    if ((beginning?.length ?? 0) >= BEGINNING) check();
    measured.size += chunk.length;
    if (measured.size > rule.maxBytes) {
      throw new HydrantError("too_large", `A file may have ${sizeText(rule.maxBytes)} at most.`);
    }
    yield chunk;
  }
  check();
}

export interface IntakeOptions {
  readonly rules: ReadonlyMap<string, UploadRule> | undefined;
  readonly store: UploadStore | undefined;
  readonly newKey: () => string;
  /** Milliseconds a file stays that no form was accepted with. */
  readonly ttlMs: number;
}

/** Takes the files of one call, within the rules of its form's fields. */
export function createIntake({ rules, store, newKey, ttlMs }: IntakeOptions): Intake {
  const received: ReceivedFile[] = [];
  const counts = new Map<string, number>();

  function ruleFor(sent: string): UploadRule {
    const field = fileFieldOf(sent);
    const rule = rules?.get(field);
    if (rule === undefined) {
      throw new HydrantError("unsupported_media_type", `The field "${field}" is a file; files are not taken here.`);
    }
    const { maxFiles = 1 } = rule;
    const count = (counts.get(field) ?? 0) + 1;
    counts.set(field, count);
    if (count > maxFiles) {
      throw new HydrantError("too_large", `At most ${maxFiles} file${maxFiles === 1 ? "" : "s"} can be sent here.`);
    }
    return rule;
  }

  return {
    async take(field, { name, type }, bytes) {
      const rule = ruleFor(field);
      if (!allows(rule, type)) throw wrongType(rule);
      const key = newKey();
      const measured = { size: 0 };
      await write(store as UploadStore, key, measure(bytes, rule, type, measured), ttlMs);
      const file = new ReceivedFile(key, name, measured.size, type);
      received.push(file);
      return file;
    },
    settle(isAnswered) {
      if (received.length === 0) return undefined;
      const left = received.filter(({ claimed }) => !isAnswered || !claimed);
      // The call has its answer; what cannot be removed now is swept later.
      return Promise.allSettled(left.map(({ key }) => store?.remove(key)));
    },
  };
}

async function write(store: UploadStore, key: string, bytes: AsyncIterable<Uint8Array>, ttlMs: number): Promise<void> {
  try {
    await store.write(key, bytes, ttlMs);
  } catch (cause) {
    if (cause instanceof HydrantError) throw cause;
    failUnavailable(cause);
  }
}

/** For what a store of files rejects with. */
export function failUnavailable(cause: unknown): never {
  throw new HydrantError("unavailable", undefined, { cause, retryAfter: 5 });
}
