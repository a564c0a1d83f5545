/**
 * Records in SQL tables, through Kysely.
 *
 * @module hydrant/kysely
 */

export type { ColumnKind, ColumnKinds, ColumnValues } from "./columns.js";
export {
  type KyselyRecordStore,
  type KyselyRecordStoreOptions,
  kyselyRecordStore,
  type OnlyColumns,
  type StoreOf,
} from "./record-store.js";
export type { ColumnOf, IdOf, RowOf, ValueOf, ValuesOf } from "./rows.js";
