import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HydrantError } from "../../../src/core/errors.js";
import { checkKey, createSealer, type SealBinding, type SealOptions, systemRandom } from "../../../src/core/seal.js";

const KEY = "kR3v0nQ8yT1mZ5wX7cB2dF4gH6jK9lP0";
const OTHER_KEY = "Yq7sD2fG5hJ8kL1zX4cV6bN9mQ3wE0rT";
const NOON = Date.UTC(2026, 5, 1, 12);
const STATE: SealBinding = { purpose: "state", component: "counter", subject: "user 7" };

function sealer(options: Partial<SealOptions> = {}) {
  return createSealer({
    app: "tests",
    keys: [KEY],
    retiredKeys: [],
    tokenLength: 100_000,
    now: () => NOON,
    random: systemRandom,
    ...options,
  });
}

function refusal(open: () => unknown): string {
  try {
    open();
  } catch (error) {
    if (error instanceof HydrantError) return error.code;
    throw error;
  }
  return "opened";
}

describe("a seal", () => {
  it("opens to the text and the instance it was made with", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const box = sealer();
        const opened = box.unseal(STATE, box.seal(STATE, "c-counter", text));
        expect(opened).toEqual({ instance: "c-counter", text: Buffer.from(text).toString(), retired: false });
      }),
    );
  });

  it("is different each time, even for the same text", () => {
    const box = sealer();
    const seals = new Set(Array.from({ length: 2000 }, () => box.seal(STATE, "c-1", "same")));
    expect(seals.size).toBe(2000);
  });

  it("does not show what it holds", () => {
    const seal = sealer().seal(STATE, "c-1", "the secret word");
    expect(Buffer.from(seal, "base64url").toString("latin1")).not.toContain("secret");
  });

  it("is refused after any single bit was flipped", () => {
    const box = sealer();
    const bytes = Buffer.from(box.seal(STATE, "c-counter", '{"count":1}'), "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(
        refusal(() => box.unseal(STATE, flipped.toString("base64url"))),
        `bit ${bit}`,
      ).toBe("state_invalid");
    }
  });

  it("is refused when it is cut anywhere", () => {
    const box = sealer();
    const seal = box.seal(STATE, "c-counter", '{"count":1}');
    for (let length = 0; length < seal.length; length++) {
      expect(
        refusal(() => box.unseal(STATE, seal.slice(0, length))),
        `length ${length}`,
      ).toBe("state_invalid");
    }
  });

  it("is refused when anything is put in front, behind or between", () => {
    const box = sealer();
    const seal = box.seal(STATE, "c-counter", '{"count":1}');
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.nat(seal.length), (extra, at) => {
        expect(refusal(() => box.unseal(STATE, seal.slice(0, at) + extra + seal.slice(at)))).toBe("state_invalid");
      }),
    );
  });

  it("is accepted in one spelling only", () => {
    const box = sealer();
    for (const text of ["", "a", "ab", "abc", "x".repeat(90), "y".repeat(91), "z".repeat(92)]) {
      const seal = box.seal(STATE, "c-1", text);
      const bytes = Buffer.from(seal, "base64url");
      const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
      const spellings = [
        `${seal}=`,
        `${seal}==`,
        `${seal}\n`,
        ` ${seal}`,
        `${seal.slice(0, 9)}\n${seal.slice(9)}`,
        `${seal.slice(0, 9)}\u0142${seal.slice(9)}`,
        `${seal}!`,
        `${seal}!!!`,
        `${seal}!!!!`,
        bytes.toString("hex"),
        ...(bytes.toString("base64") === seal ? [] : [bytes.toString("base64")]),
        ...[...alphabet].map((last) => seal.slice(0, -1) + last).filter((other) => other !== seal),
      ];
      for (const spelling of spellings)
        expect(
          refusal(() => box.unseal(STATE, spelling)),
          spelling,
        ).toBe("state_invalid");
    }
  });

  it("is refused for another purpose, component, subject, application or instance", () => {
    const box = sealer();
    const seal = box.seal(STATE, "c-1", "x");
    expect(refusal(() => box.unseal({ ...STATE, purpose: "ticket" }, seal))).toBe("state_invalid");
    expect(refusal(() => box.unseal({ ...STATE, component: "clock" }, seal))).toBe("state_invalid");
    expect(refusal(() => box.unseal({ ...STATE, subject: "user 8" }, seal))).toBe("state_invalid");
    expect(refusal(() => sealer({ app: "other" }).unseal(STATE, seal))).toBe("state_invalid");
    expect(refusal(() => box.unseal(STATE, seal, "c-2"))).toBe("state_invalid");
    expect(box.unseal(STATE, seal, "c-1").text).toBe("x");
  });

  it("is refused under a key the ring does not have", () => {
    expect(refusal(() => sealer({ keys: [OTHER_KEY] }).unseal(STATE, sealer().seal(STATE, "c-1", "x")))).toBe(
      "state_invalid",
    );
  });

  it("made with an older key of the ring still opens, and new ones use the first key", () => {
    const old = sealer().seal(STATE, "c-1", "x");
    const rotated = sealer({ keys: [OTHER_KEY, KEY] });
    expect(rotated.unseal(STATE, old)).toMatchObject({ text: "x", retired: false });
    const fresh = rotated.seal(STATE, "c-1", "y");
    expect(refusal(() => sealer().unseal(STATE, fresh))).toBe("state_invalid");
  });

  it("made with a retired key opens as retired", () => {
    const old = sealer().seal(STATE, "c-1", "x");
    expect(sealer({ keys: [OTHER_KEY], retiredKeys: [KEY] }).unseal(STATE, old).retired).toBe(true);
  });

  it("opens on the days after it was made, across the daily change of keys", () => {
    let now = NOON;
    const box = sealer({ now: () => now });
    const seal = box.seal(STATE, "c-1", "x");
    now += 3 * 86_400_000;
    expect(box.unseal(STATE, seal).text).toBe("x");
  });

  it("longer than the cap is not even decoded", () => {
    const box = sealer({ tokenLength: 64 });
    expect(refusal(() => box.unseal(STATE, box.seal(STATE, "c-1", "x".repeat(200))))).toBe("state_invalid");
  });

  it("never opens for a random text", () => {
    const box = sealer();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(refusal(() => box.unseal(STATE, Buffer.from(bytes).toString("base64url")))).toBe("state_invalid");
      }),
    );
  });
});

describe("a signed session name", () => {
  it("reads back, under any key of the ring", () => {
    const signed = sealer().sign("abc");
    expect(sealer().verify(signed)).toBe("abc");
    expect(sealer({ keys: [OTHER_KEY, KEY] }).verify(signed)).toBe("abc");
  });

  it("is refused when the name or the signature was changed", () => {
    const box = sealer();
    const signed = box.sign("abc");
    for (const forged of [
      "",
      "abc",
      "abc.",
      `abd${signed.slice(3)}`,
      `${signed}A`,
      signed.slice(0, -1),
      `.${signed}`,
    ]) {
      expect(box.verify(forged), forged).toBeUndefined();
    }
    expect(sealer({ keys: [OTHER_KEY] }).verify(signed)).toBeUndefined();
    expect(sealer({ app: "other" }).verify(signed)).toBeUndefined();
  });
});

describe("a key", () => {
  it.each([
    ["is missing", undefined],
    ["is missing", ""],
    ["is shorter than 32 bytes", "short"],
    ["repeats a few characters", "ab".repeat(20)],
  ])("that %s is refused with the command that makes a good one", (problem, key) => {
    expect(() => checkKey(key, 0)).toThrow(problem);
    expect(() => checkKey(key, 0)).toThrow("randomBytes(32)");
  });

  it("of 32 random bytes is taken", () => {
    expect(() => checkKey(Buffer.from(systemRandom(32)).toString("base64url"), 0)).not.toThrow();
  });
});
