import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { kyselyRecordStore } from "hydrant/kysely";
import { type Kysely, sql } from "kysely";
import { onTestFinished } from "vitest";
import { openDatabase } from "../../examples/records/database.js";
import type { PostgresServer } from "../support/postgres.js";
import { BREAD, type Invoice, NOTE, type Note, RENT } from "./record-store.contract.js";

/** The tables of the tests, as the application sees them. */
export interface TestTables {
  /** `secret` is a column that no store is told of; `code` holds at most four letters. */
  invoices: Invoice & { version: number; secret: string; created: Date; code: string | null };
  notes: Note & { revision: number | null };
}

/** Where the same tests run. */
export interface TestDatabase {
  readonly name: string;
  /** A URL of a database without our tables. */
  readonly url: () => Promise<string>;
  /** Takes away what `db` talks to. */
  readonly down: (db: Kysely<TestTables>) => Promise<void>;
}

export const inMemory: TestDatabase = {
  name: "SQLite in memory",
  url: () => Promise.resolve(":memory:"),
  down: (db) => db.destroy(),
};

export const inFile: TestDatabase = {
  name: "SQLite in a file",
  url() {
    const folder = mkdtempSync(join(tmpdir(), "records-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    return Promise.resolve(pathToFileURL(join(folder, "records.db")).href);
  },
  down: (db) => db.destroy(),
};

export function onServer(server: PostgresServer): TestDatabase {
  return {
    name: "PostgreSQL",
    async url() {
      await server.start();
      const db = openDatabase(server.url);
      await sql`drop table if exists invoices, notes, customers`.execute(db);
      await db.destroy();
      return server.url;
    },
    down: () => server.stop(),
  };
}

/** Opens a database for the length of the test. */
export function open<Tables = TestTables>(url: string): Kysely<Tables> {
  const db = openDatabase<Tables>(url);
  onTestFinished(() => db.destroy());
  return db;
}

export async function prepare(db: Kysely<TestTables>): Promise<void> {
  await sql`
    create table invoices (
      id integer primary key, title text not null, amount double precision, paid boolean, due date, sent timestamptz,
      version integer not null default 1, secret text not null default 'unseen', code varchar(4),
      created timestamptz not null default current_timestamp
    )`.execute(db);
  await sql`create table notes (key text primary key, body text not null, revision bigint default 1)`.execute(db);
  const { id, title, amount, due } = RENT;
  const [paid, sent] = [sql.lit(false), sql<Date>`${RENT.sent?.toISOString()}`];
  const given = { version: 1, secret: "unseen", created: sql<Date>`current_timestamp` };
  await db
    .insertInto("invoices")
    .values({ id, title, amount, due, paid, sent, ...given })
    .execute();
  await db
    .insertInto("invoices")
    .values({ ...BREAD, ...given })
    .execute();
  await db
    .insertInto("notes")
    .values({ ...NOTE, revision: 1 })
    .execute();
}

export function invoicesOf(db: Kysely<TestTables>) {
  return kyselyRecordStore(db, {
    table: "invoices",
    columns: { title: "text", amount: "number", paid: "boolean", due: "date", sent: "timestamp" },
  });
}

export function notesOf(db: Kysely<TestTables>) {
  return kyselyRecordStore(db, { table: "notes", id: "key", version: "revision", columns: { body: "text" } });
}
