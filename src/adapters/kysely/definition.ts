import { DefinitionError } from "../../core/index.js";
import { COLUMN_KINDS, type ColumnKinds, isColumnKind } from "./columns.js";

/** What a store knows of its table. */
export interface TableDefinition {
  readonly table: string;
  readonly id: string;
  readonly version: string;
  /** Columns that `save` may change. */
  readonly columns: ColumnKinds;
  /** Columns that are read with them. */
  readonly readOnly: ColumnKinds;
}

function checkKinds(table: string, kinds: ColumnKinds): void {
  for (const [column, kind] of Object.entries<unknown>(kinds)) {
    if (isColumnKind(kind)) continue;
    throw new DefinitionError(
      `${table}.${column} cannot be of the kind "${String(kind)}". Known: ${COLUMN_KINDS.join(", ")}.`,
    );
  }
}

/** @throws {DefinitionError} for names that are missing or mean two things, and for kinds that do not exist. */
export function checkTable({ table, id, version, columns, readOnly }: TableDefinition): void {
  for (const [option, name] of Object.entries({ table, id, version })) {
    if (typeof name === "string" && name !== "") continue;
    throw new DefinitionError(`the option \`${option}\` of a record store must be a name.`);
  }
  if (id === version) {
    throw new DefinitionError(`${table}.${id} cannot be the identity and the version at once.`);
  }
  for (const name of [id, version]) {
    if (!Object.hasOwn(columns, name) && !Object.hasOwn(readOnly, name)) continue;
    throw new DefinitionError(
      `${table}.${name} is the record's ${name === id ? "identity" : "version"}, which nobody may save, and is always ` +
        "read. Take it out of `columns` and `readOnly`.",
    );
  }
  const twice = Object.keys(columns).find((name) => Object.hasOwn(readOnly, name));
  if (twice !== undefined) {
    throw new DefinitionError(`${table}.${twice} stands in \`columns\` and in \`readOnly\`. Choose one.`);
  }
  checkKinds(table, columns);
  checkKinds(table, readOnly);
}
