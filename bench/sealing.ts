import assert from "node:assert/strict";
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from "node:crypto";
// Sealing is no part of the public surface, so its built module is measured directly.
import { createSealer, type Sealer, systemRandom } from "../dist/core/seal.js";
import { timeInTurns } from "./timing.js";

const SIZES = [100, 1024, 4096, 16_384];
const BINDING = { purpose: "state", component: "counter", subject: "session abcdefghijklmnopqrstuvwxyz" } as const;
const INSTANCE = "c-counter";
const CIPHER = "aes-256-gcm";

export interface SealingRow {
  readonly bytes: number;
  /** Microseconds to seal and unseal a text of this size. */
  readonly sealed: number;
  /** The two ciphers and the tag alone, on the same bytes. */
  readonly bare: number;
  /** The same with base64url both ways, which every text in a page needs. */
  readonly bareText: number;
}

const key = createSecretKey(randomBytes(32));
/** Nonces lie ready, as they do for the sealer, so that both sides leave the random generator out. */
const nonces = randomBytes(12 * 256);
let used = 0;

function nextNonce(): Buffer {
  used = (used + 12) % nonces.length;
  return nonces.subarray(used, used + 12);
}

function bareRoundTrip(plain: Buffer): Buffer {
  const nonce = nextNonce();
  const cipher = createCipheriv(CIPHER, key, nonce);
  const body = cipher.update(plain);
  cipher.final();
  const decipher = createDecipheriv(CIPHER, key, nonce);
  decipher.setAuthTag(cipher.getAuthTag());
  const opened = decipher.update(body);
  decipher.final();
  return opened;
}

function bareTextRoundTrip(text: string): string {
  const nonce = nextNonce();
  const cipher = createCipheriv(CIPHER, key, nonce);
  const body = cipher.update(text, "utf8");
  cipher.final();
  const token = Buffer.concat([nonce, body, cipher.getAuthTag()]).toString("base64url");
  const bytes = Buffer.from(token, "base64url");
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(bytes.length - 16));
  const opened = decipher.update(bytes.subarray(12, bytes.length - 16));
  decipher.final();
  return opened.toString("utf8");
}

function measure(sealer: Sealer, bytes: number): SealingRow {
  const plain = randomBytes(bytes / 2).toString("hex");
  const buffer = Buffer.from(plain);
  const roundTrip = (): string => sealer.unseal(BINDING, sealer.seal(BINDING, INSTANCE, plain), INSTANCE).text;
  assert.equal(roundTrip(), plain);
  assert.equal(bareTextRoundTrip(plain), plain);
  assert.ok(bareRoundTrip(buffer).equals(buffer));
  const times = timeInTurns([
    { name: "sealed", run: roundTrip },
    { name: "bare", run: () => bareRoundTrip(buffer) },
    { name: "bareText", run: () => bareTextRoundTrip(plain) },
  ]);
  const of = (name: string): number => times.get(name) as number;
  return { bytes, sealed: of("sealed"), bare: of("bare"), bareText: of("bareText") };
}

/** A seal and its opening beside the bare AES-256-GCM calls on the same bytes. */
export function measureSealing(): SealingRow[] {
  const sealer = createSealer({
    app: "bench",
    keys: [randomBytes(32).toString("base64url")],
    retiredKeys: [],
    tokenLength: 1_000_000,
    now: Date.now,
    random: systemRandom,
  });
  return SIZES.map((bytes) => measure(sealer, bytes));
}
