import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";

/** One of the settings that OWASP's Password Storage Cheat Sheet recommends: 16 MiB, five times over. */
const COST: ScryptOptions = { N: 2 ** 14, r: 8, p: 5 };
const BYTES = 32;

/** Runs in a thread of its own, so that the server answers others meanwhile. */
function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // What looks the same is the same, however a keyboard composes it.
    scrypt(password.normalize("NFKC"), salt, BYTES, COST, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/** @returns `salt.key`, to be stored in place of the password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt);
  return `${salt.toString("base64url")}.${key.toString("base64url")}`;
}

/** What nobody's password gives. */
const NOBODY = `${randomBytes(16).toString("base64url")}.${randomBytes(BYTES).toString("base64url")}`;

/** @param secret As it is stored; `undefined` for somebody unknown, which takes just as long to find out. */
export async function isPassword(password: string, secret: string | undefined): Promise<boolean> {
  const [salt = "", key = ""] = (secret ?? NOBODY).split(".");
  const derived = await derive(password, Buffer.from(salt, "base64url"));
  return timingSafeEqual(derived, Buffer.from(key, "base64url")) && secret !== undefined;
}
