import { describe, expect, it } from "vitest";
import { hashPassword, isPassword } from "../../../examples/members/passwords.js";
import { SessionStore } from "../../../examples/members/sessions.js";

describe("the sign-in example's passwords", () => {
  it("match what was made of them, in every spelling of the same letters, and nothing else", async () => {
    const secret = await hashPassword("Café au lait");
    expect(await isPassword("Cafe\u0301 au lait", secret)).toBe(true);
    expect(await isPassword("Cafe au lait", secret)).toBe(false);
    expect(await isPassword("", secret)).toBe(false);
  });

  it("are stored in another way each time, and never as they are", async () => {
    const [one, two] = await Promise.all([hashPassword("garden gate"), hashPassword("garden gate")]);
    expect(one).not.toBe(two);
    expect(one).toMatch(/^[\w-]{22}\.[\w-]{43}$/);
  });

  it("match for nobody who is unknown", async () => {
    expect(await isPassword("garden gate", undefined)).toBe(false);
  });
});

describe("the sign-in example's sessions", () => {
  it("are over when their time is, judged when somebody asks", () => {
    let now = 1_000;
    const store = new SessionStore({ lastsMs: 500, now: () => now });
    const name = store.begin("ada");
    now = 1_499;
    expect(store.memberOf(name)).toBe("ada");
    now = 1_500;
    expect(store.memberOf(name)).toBeUndefined();
    now = 1_000;
    expect(store.memberOf(name)).toBeUndefined();
  });

  it("are not more than their bound: the oldest goes first", () => {
    const store = new SessionStore({ most: 2 });
    const [first = "", second = "", third = ""] = ["ada", "bob", "ada"].map((member) => store.begin(member));
    expect([first, second, third].map((name) => store.memberOf(name))).toEqual([undefined, "bob", "ada"]);
  });

  it("have names that nobody can guess", () => {
    const store = new SessionStore();
    const names = Array.from({ length: 100 }, () => store.begin("ada"));
    expect(new Set(names).size).toBe(100);
    for (const name of names) expect(name).toMatch(/^[\w-]{43}$/);
  });
});
