import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { DefinitionError, HydrantError } from "./errors.js";

/** What a seal is for. A text sealed for one purpose never opens for another. */
export type SealPurpose = "state" | "ticket" | "file" | "stream" | "topic" | "journal";

/** What a seal is bound to beside the application. */
export interface SealBinding {
  readonly purpose: SealPurpose;
  readonly component: string;
  /** The part of the caller the seal belongs to. */
  readonly subject: string;
}

export interface OpenedSeal {
  readonly instance: string;
  readonly text: string;
  /** Made with a key that only still opens; the holder must start anew. */
  readonly retired: boolean;
}

/** Seals texts for the browser, opens them again, and signs short names. */
export interface Sealer {
  /** @returns canonical base64url text without padding. */
  seal(binding: SealBinding, instance: string, text: string): string;
  /**
   * @param instance The instance the caller names, where the door knows one; a seal of another one is refused.
   * @throws {HydrantError} `state_invalid`, one error for every cause.
   */
  unseal(binding: SealBinding, token: string, instance?: string): OpenedSeal;
  /** `name.signature`, for cookies. The name must not contain a dot. */
  sign(name: string): string;
  /** @returns the name, or `undefined` when the signature is not ours. */
  verify(signed: string): string | undefined;
  /** 32 hexadecimal digits that tell two texts apart; not a secret. */
  digest(text: string): string;
  /** The same for texts that may hold a secret: without the keys nobody can try which text it was made of. */
  fingerprint(text: string): string;
  /** Random lower-case letters and digits. */
  randomName(length: number): string;
}

export interface SealOptions {
  readonly app: string;
  readonly keys: readonly string[];
  readonly retiredKeys: readonly string[];
  /** Longest token that is looked at. */
  readonly tokenLength: number;
  readonly now: () => number;
  readonly random: (size: number) => Uint8Array;
}

/*
 * Envelope, before base64url:
 *   version 1 | key id 4 | UTC day 2 | length of instance 1 | instance | nonce 12 | ciphertext | tag 16
 * Associated data: everything before the nonce, and application, purpose, component and subject.
 *
 * AES-256-GCM with random 96-bit nonces stays safe for 2^32 messages per key (NIST SP 800-38D, 8.3); the key is
 * derived anew for every purpose and UTC day (HKDF, RFC 5869), so that bound is per day.
 * The tag length is given explicitly because Node otherwise accepts tags of 4 bytes.
 */
const VERSION = 1;
const NONCE = 12;
const TAG = 16;
const FIXED = 1 + 4 + 2 + 1;
const DAY_MS = 86_400_000;
const CIPHER = "aes-256-gcm";
const OLDEST_DAYS = 366;
const MOST_DERIVED = 1024;
const MOST_VERIFIED = 4096;
const POOL = 4096;
const LARGEST_SCRATCH = 65_536;
const BETWEEN_NODES: ReadonlySet<SealPurpose> = new Set<SealPurpose>(["topic", "journal"]);

/** SHA-256 of every key that was ever printed in the documentation or the examples. */
const PRINTED_KEYS: ReadonlySet<string> = new Set(["dc370080032d60ae1287a0865563b16a043f5c2629c4d155c3af768d23502d92"]);

interface RootKey {
  readonly bytes: Buffer;
  readonly id: Buffer;
  readonly retired: boolean;
  /** Keys derived from it, by purpose and UTC day. */
  readonly derived: Map<string, KeyObject>;
}

function rootKey(key: string, retired: boolean): RootKey {
  const bytes = Buffer.from(key, "utf8");
  const id = Buffer.from(hkdfSync("sha256", bytes, "", "hydrant key id", 4));
  return { bytes, id, retired, derived: new Map() };
}

/**
 * Refuses keys that protect nothing.
 * @throws {DefinitionError} with the command that makes a good key.
 */
export function checkKey(key: unknown, position: number): asserts key is string {
  const fix = "Make one with: node -p \"require('node:crypto').randomBytes(32).toString('base64url')\"";
  const refuse = (problem: string): never => {
    throw new DefinitionError(`keys[${position}] ${problem}. ${fix}`);
  };
  if (typeof key !== "string" || key === "") return refuse("is missing");
  if (Buffer.byteLength(key) < 32) return refuse("is shorter than 32 bytes");
  if (new Set(key).size < 10) return refuse("repeats a few characters and can be guessed");
  if (PRINTED_KEYS.has(createHash("sha256").update(key).digest("hex"))) {
    return refuse("stands in the documentation, so everybody knows it");
  }
}

/** A key for development: random, so every restart makes open pages start anew. */
export function developmentKey(): string {
  return randomBytes(32).toString("base64url");
}

/** Hands out random bytes from a pool, because one call to the generator per nonce costs more than the cipher. */
function randomPool(random: (size: number) => Uint8Array): (size: number) => Uint8Array {
  let pool = random(POOL);
  let used = 0;
  return (size) => {
    if (used + size > POOL) {
      pool = random(POOL);
      used = 0;
    }
    used += size;
    return pool.subarray(used - size, used);
  };
}

/**
 * Memory for bytes that are read again before anything else can run. Making new memory for every envelope costs as much
 * as encrypting it. Only what leaves the server anyway stands in it, never an opened text.
 */
function scratchMemory(): (size: number) => Buffer {
  let memory = Buffer.alloc(4096);
  return (size) => {
    if (size > LARGEST_SCRATCH) return Buffer.alloc(size);
    if (size > memory.length) memory = Buffer.alloc(LARGEST_SCRATCH);
    return memory;
  };
}

/**
 * Whether a token is spelt the one way we write it. Several spellings decode to the same bytes: Node passes over
 * characters that are no base64 (then fewer bytes come out than the length promises), reads `+` and `/` too, and
 * ignores the bits of the last character that no byte needs.
 */
function isCanonical(token: string, bytes: Buffer, length: number): boolean {
  const last = length - (length % 3);
  return (
    token.length % 4 !== 1 &&
    length === Math.floor((token.length * 3) / 4) &&
    !token.includes("+") &&
    !token.includes("/") &&
    token.endsWith(bytes.toString("base64url", last, length))
  );
}

function remember<K, V>(map: Map<K, V>, most: number, key: K, value: V): V {
  if (map.size >= most) map.delete(map.keys().next().value as K);
  map.set(key, value);
  return value;
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

export function createSealer(options: SealOptions): Sealer {
  const ring = [
    ...options.keys.map((key) => rootKey(key, false)),
    ...options.retiredKeys.map((key) => rootKey(key, true)),
  ];
  const sealing = ring[0] as RootKey;
  // Opening with an unknown key id does the same work as with a known one, so that time tells nothing.
  const decoy = rootKey(developmentKey(), false);
  const verified = new Map<string, string>();
  // The oldest key, so that nodes agree while a new one is being put before it.
  const oldest = Buffer.from(options.keys.at(-1) as string, "utf8");
  const secret = Buffer.from(hkdfSync("sha256", oldest, options.app, "hydrant fingerprint", 32)).toString("base64url");
  const random = randomPool(options.random);
  const forEnvelope = scratchMemory();
  const forBinding = scratchMemory();

  function keyFor(root: RootKey, purpose: SealPurpose, day: number): KeyObject {
    const name = `${purpose} ${day}`;
    const known = root.derived.get(name);
    if (known !== undefined) return known;
    const bytes = hkdfSync("sha256", root.bytes, options.app, `hydrant ${name}`, 32);
    return remember(root.derived, MOST_DERIVED, name, createSecretKey(Buffer.from(bytes)));
  }

  /** @param end Where the part of the envelope that is bound, too, ends. */
  function associated(binding: SealBinding, envelope: Buffer, end: number): Buffer {
    // Names hold no NUL and the subject stands last, so no two bindings give the same bytes.
    const text = `${options.app}\0${binding.purpose}\0${binding.component}\0${binding.subject}`;
    const memory = forBinding(end + text.length * 3);
    envelope.copy(memory, 0, 0, end);
    return memory.subarray(0, end + memory.write(text, end, "utf8"));
  }

  function seal(binding: SealBinding, instance: string, text: string): string {
    const day = Math.floor(options.now() / DAY_MS);
    const nameEnd = FIXED + instance.length;
    const length = nameEnd + NONCE + Buffer.byteLength(text) + TAG;
    const bytes = forEnvelope(length);
    bytes[0] = VERSION;
    sealing.id.copy(bytes, 1);
    bytes.writeUInt16BE(day, 5);
    bytes[7] = instance.length;
    bytes.write(instance, FIXED, "latin1");
    bytes.set(random(NONCE), nameEnd);
    const nonce = bytes.subarray(nameEnd, nameEnd + NONCE);
    const cipher = createCipheriv(CIPHER, keyFor(sealing, binding.purpose, day), nonce, { authTagLength: TAG });
    cipher.setAAD(associated(binding, bytes, nameEnd));
    cipher.update(text, "utf8").copy(bytes, nameEnd + NONCE);
    cipher.final();
    cipher.getAuthTag().copy(bytes, length - TAG);
    return bytes.toString("base64url", 0, length);
  }

  function open(binding: SealBinding, token: string, instance: string | undefined): OpenedSeal | undefined {
    // What nodes wrote for each other is bounded where it is written.
    if (token.length > options.tokenLength && !BETWEEN_NODES.has(binding.purpose)) return undefined;
    const bytes = forEnvelope(token.length);
    const length = bytes.write(token, 0, "base64url");
    const nameEnd = FIXED + (bytes[7] ?? 0);
    if (length < FIXED || bytes[0] !== VERSION || length < nameEnd + NONCE + TAG) return undefined;
    if (!isCanonical(token, bytes, length)) return undefined;
    const day = bytes.readUInt16BE(5);
    const age = Math.floor(options.now() / DAY_MS) - day;
    // A forged day must not make us derive keys without end.
    const root = age >= -1 && age <= OLDEST_DAYS ? ring.find(({ id }) => id.compare(bytes, 1, 5) === 0) : undefined;
    const key = keyFor(root ?? decoy, binding.purpose, root === undefined ? 0 : day);
    const name = bytes.toString("latin1", FIXED, nameEnd);
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(nameEnd, nameEnd + NONCE), { authTagLength: TAG });
    decipher.setAAD(associated(binding, bytes, nameEnd));
    decipher.setAuthTag(bytes.subarray(length - TAG, length));
    const text = decipher.update(bytes.subarray(nameEnd + NONCE, length - TAG));
    try {
      decipher.final();
    } catch {
      return undefined; // final() throws only for one reason: the tag does not fit
    }
    if (root === undefined || (instance !== undefined && instance !== name)) return undefined;
    return { instance: name, text: text.toString("utf8"), retired: root.retired };
  }

  function signature(name: string, root: RootKey): string {
    const mac = createHmac("sha256", root.bytes).update(`hydrant session\0${options.app}\0${name}`).digest();
    return mac.subarray(0, 16).toString("base64url");
  }

  function verify(signed: string): string | undefined {
    const known = verified.get(signed);
    if (known !== undefined) return known;
    const dot = signed.lastIndexOf(".");
    const name = signed.slice(0, dot);
    const given = Buffer.from(signed.slice(dot + 1));
    const genuine = ring.some((root) => {
      const expected = Buffer.from(signature(name, root));
      return expected.length === given.length && timingSafeEqual(expected, given);
    });
    return dot > 0 && genuine ? remember(verified, MOST_VERIFIED, signed, name) : undefined;
  }

  return {
    seal,
    unseal(binding, token, instance) {
      const opened = open(binding, token, instance);
      if (opened === undefined) throw new HydrantError("state_invalid");
      return opened;
    },
    sign: (name) => `${name}.${signature(name, sealing)}`,
    verify,
    digest: (text) => hash("sha256", text, "hex").slice(0, 32),
    fingerprint: (text) => hash("sha256", `${secret}${text}`, "hex").slice(0, 32),
    randomName: (length) => Array.from(random(length), (byte) => ALPHABET[byte & 31]).join(""),
  };
}

/** The operating system's random bytes. */
export function systemRandom(size: number): Uint8Array {
  return randomBytes(size);
}
