import { mkdirSync } from "node:fs";
import { kyselyRecordStore } from "hydrant/kysely";
import { openDatabase, prepareCustomers } from "./database.js";

/** A file of SQLite beside the examples. */
function ownFile(): string {
  const file = new URL("../../.tmp/customers.db", import.meta.url);
  mkdirSync(new URL(".", file), { recursive: true });
  return file.href;
}

/** For PostgreSQL, set `DATABASE_URL` to `postgres://user@host/name`; nothing else changes. */
export const database = openDatabase(process.env.DATABASE_URL ?? ownFile());
await prepareCustomers(database);

export const customers = kyselyRecordStore(database, {
  table: "customers",
  columns: { name: "text", email: "text", city: "text", credit_limit: "number", newsletter: "boolean", since: "date" },
  readOnly: { owner: "text" },
});

/** Stands for whoever is signed in: `this.caller.user.id`. */
export const ME = "amara";

/** Everybody, for the list. */
export function listCustomers() {
  return database.selectFrom("customers").select(["id", "name", "city", "owner"]).orderBy("id").execute();
}
