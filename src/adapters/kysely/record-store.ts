import type { Kysely } from "kysely";
import { DefinitionError, type RecordStore, type StoredRecord } from "../../core/index.js";
import { type Bound, type ColumnKinds, decode, encode, versionOf } from "./columns.js";
import { checkTable, type TableDefinition } from "./definition.js";
import type { ColumnOf, IdOf, RowOf } from "./rows.js";
import { isAboutValues, isChangedMeanwhile, isNoSuchValue } from "./sqlstate.js";
import { isStorableText } from "./text.js";

/** Kinds of columns that are among `Allowed`; any other name is an error where it stands. */
export type OnlyColumns<Kinds, Allowed extends string> = Kinds & {
  readonly [Name in Exclude<keyof Kinds, Allowed>]: never;
};

/** Options of {@link kyselyRecordStore}. */
export interface KyselyRecordStoreOptions<
  Table extends string,
  Column extends string,
  Id extends Column,
  Version extends Column,
  Kinds extends ColumnKinds,
  ReadOnly extends ColumnKinds,
> {
  readonly table: Table;
  /** The column that identifies a record: a primary key, integer or text. Default `id`. */
  readonly id?: Id;
  /** A column of whole numbers that is never null, which only stores write. Default `version`. */
  readonly version?: Version;
  /** The columns that `save` may change, each with the kind of its values ({@link ColumnValues}). No others. */
  readonly columns: OnlyColumns<Kinds, Exclude<Column, Id | Version>>;
  /** Columns that `find` reads as well and `save` refuses. */
  readonly readOnly?: OnlyColumns<ReadOnly, Exclude<Column, Id | Version>>;
}

/** A record store whose `save` takes the columns it may change and no others. */
export interface KyselyRecordStore<Row extends object, Writable extends keyof Row, Id extends string | number>
  extends RecordStore<Row, Id> {
  /**
   * @throws {DefinitionError} for a column that `columns` does not name.
   * @throws {TypeError} for a value that is not of its column's kind.
   */
  save(id: Id, changes: Partial<Pick<Row, Writable>>, expected: number): Promise<number | undefined>;
}

/** The store of a table, by what the table holds and what the store was told of it. */
export type StoreOf<
  Columns,
  Id extends keyof Columns,
  Kinds extends ColumnKinds,
  ReadOnly extends ColumnKinds,
> = KyselyRecordStore<RowOf<Columns, Id, Kinds, ReadOnly>, keyof Kinds & keyof Columns, IdOf<Columns, Id>>;

type Row = Record<string, unknown>;

/** Number and text that a column can hold; anything else identifies nothing. */
function isIdentity(id: unknown): id is string | number {
  return typeof id === "number" ? Number.isFinite(id) : typeof id === "string" && isStorableText(id);
}

function versionIn(row: Row, { table, version }: TableDefinition): number {
  const found = versionOf(row[version]);
  if (found !== undefined) return found;
  throw new DefinitionError(`${table}.${version} must hold whole numbers. Make it \`integer not null default 1\`.`);
}

function recordIn(row: Row, { table, id, columns, readOnly }: TableDefinition): Row {
  const record: Row = { [id]: row[id] };
  for (const [column, kind] of Object.entries({ ...columns, ...readOnly })) {
    record[column] = decode(kind, row[column], `${table}.${column}`);
  }
  return record;
}

function boundChanges(changes: Row, { table, columns }: TableDefinition): Record<string, Bound> {
  const bound: Record<string, Bound> = {};
  for (const [column, value] of Object.entries(changes)) {
    const kind = Object.hasOwn(columns, column) ? columns[column] : undefined;
    if (kind === undefined) {
      throw new DefinitionError(
        `${table}: the column "${column}" may not be saved. \`columns\` names: ${Object.keys(columns).join(", ")}.`,
      );
    }
    if (value !== undefined) bound[column] = encode(kind, value, `${table}.${column}`);
  }
  return bound;
}

/** The two statements, on names that are plain text. */
function tableStore(tables: Kysely<Record<string, Row>>, definition: TableDefinition): RecordStore<Row> {
  const { table, id: idColumn, version: versionColumn, columns, readOnly } = definition;
  const selected = [idColumn, versionColumn, ...Object.keys(columns), ...Object.keys(readOnly)];

  async function find(id: string | number): Promise<StoredRecord<Row> | undefined> {
    if (!isIdentity(id)) return undefined;
    try {
      const row = await tables.selectFrom(table).select(selected).where(idColumn, "=", id).executeTakeFirst();
      return row && { record: recordIn(row, definition), version: versionIn(row, definition) };
    } catch (error) {
      // The identity is the only value in the statement.
      if (isNoSuchValue(error)) return undefined;
      throw error;
    }
  }

  /** In a transaction that PostgreSQL has given up nothing can be read; what made it do so is what matters then. */
  async function versionNow(id: string | number, reason: unknown): Promise<number | undefined> {
    const stored = await find(id).catch(() => {
      throw reason;
    });
    return stored?.version;
  }

  async function save(id: string | number, changes: Row, expected: number): Promise<number | undefined> {
    const bound = boundChanges(changes, definition);
    const next = expected + 1;
    if (!isIdentity(id) || !Number.isSafeInteger(expected) || !Number.isSafeInteger(next)) return undefined;
    try {
      const { numUpdatedRows } = await tables
        .updateTable(table)
        .set({ ...bound, [versionColumn]: next })
        .where(idColumn, "=", id)
        .where(versionColumn, "=", expected)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n ? next : undefined;
    } catch (error) {
      if (isChangedMeanwhile(error)) return undefined;
      // PostgreSQL judges values before it looks for the record: only the record can say whether this is a conflict.
      if (isAboutValues(error) && (await versionNow(id, error)) !== expected) return undefined;
      throw error;
    }
  }

  return { find, save };
}

/**
 * Records in one table of a database that Kysely speaks to. The same definition works on SQLite and on PostgreSQL:
 *
 * ```ts
 * const invoices = kyselyRecordStore(db, {
 *   table: "invoices",
 *   columns: { title: "text", amount: "number", paid: "boolean", due: "date" },
 *   readOnly: { owner: "text", created: "timestamp" },
 * });
 * ```
 *
 * SQLite has neither booleans nor dates, so each column is given a kind ({@link ColumnValues}) that says what goes in and
 * comes out on both. As types of columns, `text`, `integer`, `double precision`, `boolean`, `date` and `timestamptz` may be
 * written for both: SQLite keeps what it is given under each of them.
 *
 * A save is one `UPDATE … WHERE id = ? AND version = ?`, so it needs no transaction, and takes part in one when `db` is
 * one. It makes the version one higher, also when it changes nothing else.
 *
 * @throws {DefinitionError} for the identity or the version among `columns`, and for kinds that do not exist.
 */
export function kyselyRecordStore<
  DB,
  Table extends keyof DB & string,
  const Kinds extends ColumnKinds,
  const ReadOnly extends ColumnKinds = Record<never, never>,
  Id extends ColumnOf<DB, Table> = Extract<"id", ColumnOf<DB, Table>>,
  Version extends ColumnOf<DB, Table> = Extract<"version", ColumnOf<DB, Table>>,
>(
  db: Kysely<DB>,
  options: KyselyRecordStoreOptions<Table, ColumnOf<DB, Table>, Id, Version, Kinds, ReadOnly>,
): StoreOf<DB[Table], Id, Kinds, ReadOnly> {
  const { table, id = "id", version = "version", columns, readOnly = {} } = options;
  const definition: TableDefinition = { table, id, version, columns: { ...columns }, readOnly: { ...readOnly } };
  checkTable(definition);
  // The types above checked the names against DB; below they are text.
  const store = tableStore(db as unknown as Kysely<Record<string, Row>>, definition);
  return store as RecordStore<never> as StoreOf<DB[Table], Id, Kinds, ReadOnly>;
}
