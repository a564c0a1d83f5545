import { fileURLToPath } from "node:url";
import { Kysely, PostgresDialect, SqliteDialect, sql } from "kysely";
import Database from "libsql";
import pg from "pg";

/** One row of `customers`, as records of it come and go. */
export interface Customer {
  readonly id: number;
  name: string;
  email: string;
  city: string;
  /** Whole euros; `null` where none was agreed. */
  credit_limit: number | null;
  newsletter: boolean;
  /** `YYYY-MM-DD`. */
  since: string;
  /** Who looks after them. */
  readonly owner: string;
  readonly version: number;
}

export interface Tables {
  customers: Customer;
}

const MENDING = "The next query connects anew.";

/** `:memory:`, `file:customers.db` or `file:///path`, for SQLite; `postgres://user@host/name`, for PostgreSQL. */
export function openDatabase<DB = Tables>(url: string): Kysely<DB> {
  if (/^postgres(?:ql)?:\/\//.test(url)) {
    const pool = new pg.Pool({ connectionString: url });
    // Without a listener an idle connection that breaks would end the process.
    pool.on("error", ({ message }) => console.warn(`A connection to the database was lost: ${message}. ${MENDING}`));
    return new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
  }
  if (url !== ":memory:" && !url.startsWith("file:")) {
    throw new Error("The database's URL must be :memory:, or begin with file: or postgres://.");
  }
  const path = url.startsWith("file://") ? fileURLToPath(url) : url.replace(/^file:/, "");
  // Milliseconds to wait for another process that writes.
  return new Kysely<DB>({ dialect: new SqliteDialect({ database: new Database(path, { timeout: 5000 }) }) });
}

const FIRST = [
  ["Ines Carvalho", "ines@carvalho.example", "Porto", 2500, true, "2019-03-04", "amara"],
  ["Jonas Weber", "jonas@weber.example", "Leipzig", null, false, "2021-11-19", "amara"],
  ["Kofi Mensah", "kofi@mensah.example", "Accra", 8000, true, "2016-07-30", "bruno"],
  ["Léa Fournier", "lea@fournier.example", "Lyon", 1200, false, "2024-02-29", "bruno"],
] as const;

/** Makes the table where there is none, and fills it where it is empty. */
export async function prepareCustomers(db: Kysely<Tables>): Promise<void> {
  await sql`
    create table if not exists customers (
      id integer primary key, name text not null, email text not null, city text not null, credit_limit integer,
      newsletter boolean not null, since date not null, owner text not null, version integer not null default 1
    )`.execute(db);
  if ((await db.selectFrom("customers").select("id").executeTakeFirst()) !== undefined) return;
  const rows = FIRST.map(([name, email, city, credit_limit, letters, since, owner], index) => {
    // In the SQL itself, because SQLite's drivers bind no booleans.
    const newsletter = sql.lit(letters);
    return { id: index + 1, name, email, city, credit_limit, newsletter, since, owner, version: 1 };
  });
  const insertion = db.insertInto("customers").values(rows);
  // Another process may be doing the same.
  await insertion.onConflict((conflict) => conflict.doNothing()).execute();
}
