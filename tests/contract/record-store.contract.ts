import type { RecordStore } from "hydrant";
import { describe, expect, it } from "vitest";

/** A record with a column of every kind. Its identity is a number. */
export type Invoice = {
  readonly id: number;
  title: string;
  amount: number | null;
  paid: boolean | null;
  /** A day, as `YYYY-MM-DD`. */
  due: string | null;
  sent: Date | null;
};

/** A record whose identity is a text. */
export type Note = { readonly key: string; body: string };

export interface RecordStoreFixture {
  /** Holds {@link RENT} and {@link BREAD}, each at version 1. */
  readonly invoices: RecordStore<Invoice>;
  /** Holds {@link NOTE} at version 1. */
  readonly notes: RecordStore<Note>;
  /** Takes the database away. */
  readonly down: () => Promise<void>;
}

export const RENT: Invoice = {
  id: 1,
  title: "Rent",
  amount: 812.5,
  paid: false,
  due: "2026-06-01",
  sent: new Date("2026-05-20T09:30:00.125Z"),
};
export const BREAD: Invoice = { id: 2, title: "Bread", amount: null, paid: null, due: null, sent: null };
export const NOTE: Note = { key: "über/'1'/\uFFFD", body: "first" };

const HOSTILE: readonly string[] = [
  `quotes ' " \` '' and \\ \\' backslashes`,
  "'; DROP TABLE invoices; --",
  "$1 ? :name @name %s {{ 7 * 7 }} <b>&amp;",
  "\u202Eright to left\u200D\u2028\r\n\t",
  "e\u0301 is not \u00e9",
  "👩‍👩‍👧‍👦 \u{10FFFF} 𝕏",
  " spaces around ",
  "",
  "null",
  "0",
  "long €".repeat(8192),
];

/** Neither are these in the database, nor could they be in a column of whole numbers. */
const NOBODY: readonly unknown[] = [
  3,
  -1,
  1.5,
  2 ** 31,
  2 ** 40,
  2 ** 70,
  1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  "",
  "one",
  "1 OR 1=1",
  "1; --",
  "👩",
  "'; DROP TABLE invoices; --",
  "1\0",
  "\0",
  "\uD800",
  "x".repeat(10_240),
  // What a lone surrogate and U+0000 would be written as is part of an identity that exists.
  NOTE.key.replace("\uFFFD", "\uD800"),
  NOTE.key.replace("\uFFFD", "\0"),
  `${NOTE.key}\0`,
  null,
  undefined,
  true,
  {},
  [1],
  Symbol.iterator,
];

function knowsRecords(create: () => Promise<RecordStoreFixture>): void {
  it("finds a record by its number or its text", async () => {
    const { invoices, notes } = await create();
    expect(await invoices.find(1)).toEqual({ record: RENT, version: 1 });
    expect(await invoices.find(2)).toEqual({ record: BREAD, version: 1 });
    expect(await notes.find(NOTE.key)).toEqual({ record: NOTE, version: 1 });
  });

  it("knows nobody under an identity that is unknown or cannot be one", async () => {
    const { invoices, notes } = await create();
    for (const id of NOBODY) {
      expect(await invoices.find(id as string)).toBeUndefined();
      expect(await invoices.save(id as string, { title: "changed" }, 1)).toBeUndefined();
      expect(await notes.find(id as string)).toBeUndefined();
      expect(await notes.save(id as string, { body: "changed" }, 1)).toBeUndefined();
    }
    expect(await invoices.find(1)).toEqual({ record: RENT, version: 1 });
    expect(await notes.find(NOTE.key)).toEqual({ record: NOTE, version: 1 });
  });
}

function keepsVersions(create: () => Promise<RecordStoreFixture>): void {
  it("makes the version higher with every save, also one that changes nothing", async () => {
    const { invoices } = await create();
    expect(await invoices.save(1, { title: "Rent for June" }, 1)).toBe(2);
    expect(await invoices.save(1, {}, 2)).toBe(3);
    expect(await invoices.find(1)).toEqual({ record: { ...RENT, title: "Rent for June" }, version: 3 });
  });

  it("refuses a writer that expects another version, and keeps what it has", async () => {
    const { invoices } = await create();
    await invoices.save(1, { title: "Rent for June" }, 1);
    const others = [1, 3, 0, -1, 1.5, 2 ** 40, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY];
    for (const expected of others) {
      expect(await invoices.save(1, { title: "late", paid: true }, expected)).toBeUndefined();
    }
    expect(await invoices.find(1)).toEqual({ record: { ...RENT, title: "Rent for June" }, version: 2 });
  });

  it("lets exactly one of twenty writers with the same version through", async () => {
    const { invoices } = await create();
    const writers = Array.from({ length: 20 }, (_, n) => invoices.save(1, { title: `writer ${n}` }, 1));
    const saved = await Promise.all(writers);
    expect(saved.filter((version) => version !== undefined)).toEqual([2]);
    expect(await invoices.find(1)).toEqual({
      record: { ...RENT, title: `writer ${saved.indexOf(2)}` },
      version: 2,
    });
  });

  it("changes only the columns that are named, of that record alone", async () => {
    const { invoices } = await create();
    expect(await invoices.save(1, { paid: true, due: null }, 1)).toBe(2);
    expect((await invoices.find(1))?.record).toEqual({ ...RENT, paid: true, due: null });
    expect(await invoices.find(2)).toEqual({ record: BREAD, version: 1 });
  });
}

function keepsValues(create: () => Promise<RecordStoreFixture>): void {
  it("gives text back as it was saved, whatever it looks like", async () => {
    const { invoices } = await create();
    let version: number | undefined = 1;
    for (const title of HOSTILE) {
      version = await invoices.save(1, { title }, version as number);
      expect((await invoices.find(1))?.record.title).toBe(title);
    }
    expect(version).toBe(HOSTILE.length + 1);
    expect(await invoices.find(2)).toEqual({ record: BREAD, version: 1 });
  });

  it("keeps U+0000 and half of a surrogate pair as U+FFFD, which every database can hold", async () => {
    const { invoices } = await create();
    await invoices.save(1, { title: "a\0b\uD83D c \uDE00\uD83D 😀" }, 1);
    expect((await invoices.find(1))?.record.title).toBe("a\uFFFDb\uFFFD c \uFFFD\uFFFD 😀");
  });

  const same = {
    amount: [0, 1, -1, 0.1, 1 / 3, 1e300, 5e-324, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, null],
    paid: [true, false, null, true],
    due: ["2024-02-29", "0001-01-01", "1582-10-10", "9999-12-31", null],
    sent: ["2026-03-29T01:30:00.001Z", "1969-12-31T23:59:59.999Z", "0001-01-01T12:00:00Z", "9999-12-30T00:00:00Z"],
  };
  it.each(Object.entries(same))("gives back what was saved as %s", async (column, values) => {
    const { invoices } = await create();
    let version: number | undefined = 1;
    for (const one of values) {
      const value = column === "sent" ? new Date(String(one)) : one;
      version = await invoices.save(1, { [column]: value }, version as number);
      expect((await invoices.find(1))?.record).toStrictEqual({ ...RENT, [column]: value });
    }
  });
}

/** Every MUST of the port, run on one store. */
export function recordStoreContract(name: string, create: () => Promise<RecordStoreFixture>): void {
  describe(`${name} as a record store`, () => {
    knowsRecords(create);
    keepsVersions(create);
    keepsValues(create);

    it("rejects when the database is down, rather than knowing nobody", async () => {
      const { invoices, down } = await create();
      expect(await invoices.find(1)).toBeDefined();
      await down();
      await expect(invoices.find(1)).rejects.toThrow();
      await expect(invoices.save(1, { title: "changed" }, 1)).rejects.toThrow();
    });
  });
}
