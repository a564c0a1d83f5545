import type { RecordStore } from "hydrant";
import { kyselyRecordStore } from "hydrant/kysely";
import type { Generated, Kysely, Transaction } from "kysely";
import { describe, expectTypeOf, test } from "vitest";

interface Tables {
  invoices: {
    id: Generated<number>;
    status: "open" | "paid";
    amount: number | null;
    // As SQLite gives it.
    urgent: number;
    due: string | null;
    owner: string;
    version: Generated<number>;
  };
  notes: { key: string; body: string; revision: number };
}

declare const db: Kysely<Tables>;
declare const transaction: Transaction<Tables>;

describe("a record store of Kysely", () => {
  const columns = { status: "text", amount: "number", urgent: "boolean", due: "timestamp" } as const;
  const invoices = kyselyRecordStore(db, { table: "invoices", columns, readOnly: { owner: "text" } });

  test("gives records as the kinds say, and as narrow as the table says", async () => {
    const found = await invoices.find(1);
    expectTypeOf(found?.version).toEqualTypeOf<number | undefined>();
    expectTypeOf<NonNullable<typeof found>["record"]>().branded.toEqualTypeOf<{
      id: number;
      status: "open" | "paid";
      amount: number | null;
      urgent: boolean;
      due: Date | null;
      owner: string;
    }>();
  });

  test("takes the columns it may change, with values of their kinds", () => {
    expectTypeOf(invoices.save).toBeCallableWith(1, { status: "paid", amount: null, urgent: true }, 1);
    // @ts-expect-error: the table knows no such status.
    void invoices.save(1, { status: "lost" }, 1);
    // @ts-expect-error: a number is no boolean.
    void invoices.save(1, { urgent: 1 }, 1);
    // @ts-expect-error: the table has no such column.
    void invoices.save(1, { nothing: 1 }, 1);
    // @ts-expect-error: it is only read.
    void invoices.save(1, { owner: "ann" }, 1);
    // @ts-expect-error: nobody changes the identity.
    void invoices.save(1, { id: 2 }, 1);
    // @ts-expect-error: the identity is a number.
    void invoices.find("1");
  });

  test("is a record store, also on a transaction and under other names", () => {
    expectTypeOf(invoices).toExtend<RecordStore>();
    expectTypeOf(invoices).toExtend<RecordStore<{ status: "open" | "paid" }, number>>();
    const notes = kyselyRecordStore(transaction, {
      table: "notes",
      id: "key",
      version: "revision",
      columns: { body: "text" },
    });
    expectTypeOf(notes.find).parameter(0).toEqualTypeOf<string>();
  });

  test("is defined with tables, columns and kinds that exist", () => {
    // @ts-expect-error: there is no such table.
    kyselyRecordStore(db, { table: "bills", columns: {} });
    // @ts-expect-error: there is no such column.
    kyselyRecordStore(db, { table: "invoices", columns: { title: "text" } });
    // @ts-expect-error: there is no such column to read.
    kyselyRecordStore(db, { table: "invoices", columns: {}, readOnly: { title: "text" } });
    // @ts-expect-error: there is no such kind.
    kyselyRecordStore(db, { table: "invoices", columns: { due: "day" } });
    // @ts-expect-error: the identity is not for saving.
    kyselyRecordStore(db, { table: "invoices", columns: { id: "number" } });
    // @ts-expect-error: neither is the version.
    kyselyRecordStore(db, { table: "invoices", columns: { version: "number" } });
    // @ts-expect-error: nor a version of another name.
    kyselyRecordStore(db, { table: "notes", id: "key", version: "revision", columns: { revision: "number" } });
    // @ts-expect-error: there is no such identity.
    kyselyRecordStore(db, { table: "invoices", id: "number", columns: {} });
  });
});
