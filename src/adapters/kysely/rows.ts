import type { SelectType } from "kysely";
import type { ColumnKind, ColumnKinds, ColumnValues } from "./columns.js";

/** Names of a table's columns. */
export type ColumnOf<DB, Table extends keyof DB> = keyof DB[Table] & string;

/** The kind's value, as narrow as the table says (`"open" | "paid"` for text), with `null` where the table has it. */
export type ValueOf<Column, Kind extends ColumnKind> =
  | ([Extract<SelectType<Column>, ColumnValues[Kind]>] extends [never]
      ? ColumnValues[Kind]
      : Extract<SelectType<Column>, ColumnValues[Kind]>)
  | Extract<SelectType<Column>, null>;

/** What the columns named in `Kinds` hold. */
export type ValuesOf<Columns, Kinds extends ColumnKinds> = {
  [Name in keyof Kinds & keyof Columns]: ValueOf<Columns[Name], Kinds[Name]>;
};

/** A whole record: its identity and the columns that the store was told of. */
export type RowOf<Columns, Id extends keyof Columns, Kinds extends ColumnKinds, ReadOnly extends ColumnKinds> = {
  [Name in Id]: SelectType<Columns[Name]>;
} & ValuesOf<Columns, Kinds> &
  ValuesOf<Columns, ReadOnly>;

/** What identifies a record. */
export type IdOf<Columns, Id extends keyof Columns> = Extract<SelectType<Columns[Id]>, string | number>;
