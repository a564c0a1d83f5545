/** A record and the version it was read at. */
export interface StoredRecord<Row extends object> {
  readonly record: Row;
  /** Changes with every write. */
  readonly version: number;
}

/**
 * One kind of record in a database, for forms that edit it.
 *
 * Contract (proved by `tests/contract/record-store.contract.ts`):
 * - `find` MUST answer `undefined` for an identity that is not there or cannot be one.
 * - `save` MUST be atomic: of two writers that expect the same version, exactly one succeeds.
 * - `save` MUST change only the columns named in `changes`, and MUST NOT change the identity or the version to a value
 *   that stands there.
 * - Values MUST come back as they were saved: text, numbers, true and false, dates, `null`.
 * - A rejection means the database is down or the statement is wrong, never a conflict.
 */
export interface RecordStore<
  Row extends object = Record<string, unknown>,
  Id extends string | number = string | number,
> {
  find(id: Id): Promise<StoredRecord<Row> | undefined>;
  /**
   * @param expected Version that must be stored now.
   * @returns the new version; `undefined` when another version is stored, or nothing.
   */
  save(id: Id, changes: Partial<Row>, expected: number): Promise<number | undefined>;
}
