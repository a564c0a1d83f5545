import { DefinitionError, type RecordStore } from "hydrant";
import { type ColumnKinds, kyselyRecordStore } from "hydrant/kysely";
import { type Kysely, sql } from "kysely";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { type Customer, prepareCustomers, type Tables } from "../../examples/records/database.js";
import { startPostgres } from "../support/postgres.js";
import {
  inFile,
  inMemory,
  invoicesOf,
  notesOf,
  onServer,
  open,
  prepare,
  type TestDatabase,
  type TestTables,
} from "./record-databases.js";
import { type Invoice, NOTE, RENT, recordStoreContract } from "./record-store.contract.js";

const postgres = await startPostgres();
afterAll(async () => postgres?.remove());
afterEach(() => void vi.unstubAllEnvs());

const databases: readonly TestDatabase[] = [inMemory, inFile, ...(postgres === undefined ? [] : [onServer(postgres)])];

async function openTables(database: TestDatabase) {
  const url = await database.url();
  const db = open(url);
  await prepare(db);
  return { db, url };
}

for (const database of databases) {
  recordStoreContract(database.name, async () => {
    const { db } = await openTables(database);
    return { invoices: invoicesOf(db), notes: notesOf(db), down: () => database.down(db) };
  });
}

/** A store as programs without types may use it. */
function untyped(store: object): RecordStore {
  return store as RecordStore;
}

describe.each(databases.map((one) => [one.name, one] as const))("a record store of Kysely on %s", (_, database) => {
  it("saves no column that it was not told of, and reads none", async () => {
    const { db } = await openTables(database);
    const store = untyped(
      kyselyRecordStore(db, { table: "invoices", columns: { title: "text" }, readOnly: { secret: "text" } }),
    );
    const found = { record: { id: 1, title: "Rent", secret: "unseen" }, version: 1 };
    expect(await store.find(1)).toEqual(found);
    for (const name of ["secret", "code", "id", "version", "nothing", "constructor", "__proto__", "title = title --"]) {
      const changes = Object.fromEntries([
        ["title", "changed"],
        [name, "changed"],
      ]);
      await expect(store.save(1, changes, 1)).rejects.toThrow(DefinitionError);
    }
    expect(await store.find(1)).toEqual(found);
    expect(await db.selectFrom("invoices").select("code").where("id", "=", 1).execute()).toEqual([{ code: null }]);
  });

  it("rejects a value that is not of its column's kind, does not repeat it, and leaves out what is undefined", async () => {
    const { db } = await openTables(database);
    const store = untyped(invoicesOf(db));
    const wrong: readonly [string, readonly unknown[]][] = [
      ["title", [5, true, {}, new Date()]],
      ["amount", [Number.NaN, Number.NEGATIVE_INFINITY, "8125", 5n, true]],
      ["paid", ["true", 1, 0, {}]],
      ["due", ["2026-02-30", "0000-01-01", "01.02.2026", "2026-05-01T00:00:00Z", "", "infinity", new Date()]],
      ["sent", [new Date(Number.NaN), new Date(8.64e15), "2026-05-01T00:00:00Z", 0]],
    ];
    for (const [column, values] of wrong) {
      for (const value of values) {
        const saved = store.save(1, { [column]: value }, 1);
        await expect(saved).rejects.toThrow(TypeError);
        await expect(saved).rejects.toThrow(`invoices.${column} holds`);
        await expect(saved).rejects.not.toThrow(/2026|8125/);
      }
    }
    expect(await store.save(1, { title: undefined, amount: 5 }, 1)).toBe(2);
    expect(await store.find(1)).toEqual({ record: { ...RENT, amount: 5 }, version: 2 });
  });

  it("says which column holds something else than its kind", async () => {
    const { db } = await openTables(database);
    const columns: ColumnKinds[] = [
      { title: "date" },
      { title: "timestamp" },
      { title: "boolean" },
      { title: "number" },
    ];
    for (const kinds of columns) {
      const store = untyped(kyselyRecordStore(db, { table: "invoices", columns: kinds as { title: "date" } }));
      await expect(store.find(1)).rejects.toThrow(`invoices.title is said to be of the kind "${kinds.title}"`);
    }
    await db.updateTable("notes").set({ revision: null }).execute();
    await expect(notesOf(db).find(NOTE.key)).rejects.toThrow("notes.revision must hold whole numbers");
  });

  it("reads a moment that the database wrote itself", async () => {
    const { db } = await openTables(database);
    const store = kyselyRecordStore(db, { table: "invoices", columns: {}, readOnly: { created: "timestamp" } });
    vi.stubEnv("TZ", "Asia/Kolkata");
    const created = (await store.find(1))?.record.created;
    // The database's clock is the machine's; a zone that was mistaken for another is off by half an hour at least.
    expect(Math.abs((created as Date).getTime() - Date.now())).toBeLessThan(1_800_000);
  });

  it("takes part in a transaction", async () => {
    const { db } = await openTables(database);
    const undone = db.transaction().execute(async (transaction) => {
      const store = invoicesOf(transaction);
      expect(await store.save(1, { title: "changed" }, 1)).toBe(2);
      expect((await store.find(1))?.record.title).toBe("changed");
      throw new Error("changed my mind");
    });
    await expect(undone).rejects.toThrow("changed my mind");
    expect(await invoicesOf(db).find(1)).toEqual({ record: RENT, version: 1 });
  });

  it("lets one writer through when twenty come by two connections", async () => {
    const { db, url } = await openTables(database);
    const second = url === ":memory:" ? db : open(url);
    const stores = [invoicesOf(db), invoicesOf(second)] as const;
    const saved = await Promise.all(
      Array.from({ length: 20 }, (_, n) => stores[n % 2 === 0 ? 0 : 1].save(1, { title: `writer ${n}` }, 1)),
    );
    expect(saved.filter((version) => version !== undefined)).toEqual([2]);
  });

  it("keeps the day in every zone of the world, also where its midnight was left out", async () => {
    const { db } = await openTables(database);
    const store = invoicesOf(db);
    const offsets = new Set<number>();
    let version = 1;
    for (const zone of ["Pacific/Kiritimati", "America/Sao_Paulo", "Pacific/Pago_Pago", "Europe/Berlin"]) {
      vi.stubEnv("TZ", zone);
      offsets.add(new Date(0).getTimezoneOffset());
      for (const due of ["2018-11-04", "2026-03-29", "2026-12-31"]) {
        version = (await store.save(1, { due }, version)) as number;
        expect((await store.find(1))?.record).toEqual({ ...RENT, due });
      }
    }
    expect(offsets.size).toBe(4);
  });

  it("serves the example's customers, who are made once", async () => {
    const db: Kysely<Tables> = open(await database.url());
    await prepareCustomers(db);
    const customers = kyselyRecordStore(db, {
      table: "customers",
      columns: {
        name: "text",
        email: "text",
        city: "text",
        credit_limit: "number",
        newsletter: "boolean",
        since: "date",
      },
      readOnly: { owner: "text" },
    });
    const ines = (await customers.find(1))?.record as Omit<Customer, "version">;
    expect(ines).toMatchObject({ name: "Ines Carvalho", newsletter: true, since: "2019-03-04", owner: "amara" });
    expect(await customers.save(1, { newsletter: false, credit_limit: null }, 1)).toBe(2);
    await prepareCustomers(db);
    expect(await customers.find(1)).toEqual({ record: { ...ines, newsletter: false, credit_limit: null }, version: 2 });
    expect(await db.selectFrom("customers").select("id").execute()).toHaveLength(4);
  });
});

describe("the definition of a record store", () => {
  const refused: readonly [string, object, RegExp][] = [
    ["the identity among the columns", { columns: { id: "number" } }, /invoices\.id is the record's identity/],
    ["the version among the columns", { columns: { version: "number" } }, /invoices\.version is the record's version/],
    [
      "the version as a column to read",
      { readOnly: { version: "number" } },
      /invoices\.version is the record's version/,
    ],
    [
      "another identity among the columns",
      { id: "title", columns: { title: "text" } },
      /title is the record's identity/,
    ],
    ["one column as identity and version", { version: "id" }, /identity and the version at once/],
    ["a column that is read only and is not", { readOnly: { title: "text" } }, /`columns` and in `readOnly`/],
    ["a kind that does not exist", { columns: { due: "day" } }, /kind "day"\. Known: text, number, boolean, date/],
    ["a kind that every object has", { columns: { due: "toString" } }, /kind "toString"/],
    ["no table", { table: "" }, /`table`/],
  ];
  it.each(refused)("is refused with %s", (_, part, message) => {
    const options = { table: "invoices", columns: { title: "text" }, ...part } as {
      table: "invoices";
      columns: { title: "text" };
    };
    const db = open<{ invoices: Invoice & { version: number } }>(":memory:");
    expect(() => kyselyRecordStore(db, options)).toThrow(DefinitionError);
    expect(() => kyselyRecordStore(db, options)).toThrow(message);
  });
});

if (postgres === undefined) {
  it("PostgreSQL is not available on this machine: the record store was tried on SQLite alone", () => {
    expect(databases.map(({ name }) => name)).toEqual([inMemory.name, inFile.name]);
  });
} else {
  const database = onServer(postgres);

  describe("a record store of Kysely on PostgreSQL alone", () => {
    it("calls a value its column cannot hold a mistake, but a conflict where the version is another", async () => {
      const { db } = await openTables(database);
      const store = kyselyRecordStore(db, { table: "invoices", columns: { code: "text", title: "text" } });
      await expect(store.save(1, { code: "too long" }, 1)).rejects.toThrow("value too long");
      expect(await store.save(1, { code: "too long" }, 2)).toBeUndefined();
      expect(await store.save(3, { code: "too long" }, 1)).toBeUndefined();
      const failed = db.transaction().execute(async (transaction) => {
        const inside = kyselyRecordStore(transaction, { table: "invoices", columns: { code: "text" } });
        await inside.save(1, { code: "too long" }, 1);
      });
      await expect(failed).rejects.toThrow("value too long");
    });

    it.each(["repeatable read", "serializable"])("answers a conflict under %s as a conflict", async (level) => {
      const { db, url } = await openTables(database);
      const setting = `-c default_transaction_isolation=${level.replace(" ", "\\ ")}`;
      const strict = open<TestTables>(`${url}&options=${encodeURIComponent(setting)}`);
      const first = await db.startTransaction().execute();
      expect(await invoicesOf(first).save(1, { title: "first" }, 1)).toBe(2);
      const second = invoicesOf(strict).save(1, { title: "second" }, 1);
      const waiting = sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'update%'`;
      await expect.poll(async () => (await waiting.execute(db)).rows).toHaveLength(1);
      await first.commit().execute();
      expect(await second).toBeUndefined();
      expect((await invoicesOf(strict).find(1))?.record.title).toBe("first");
    });

    it("works again as soon as the database does", async () => {
      const { db } = await openTables(database);
      const store = invoicesOf(db);
      await postgres.stop();
      await expect(store.find(1)).rejects.toThrow();
      await postgres.start();
      expect(await store.save(1, { title: "Rent for June" }, 1)).toBe(2);
    });
  });
}
