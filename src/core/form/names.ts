import { HydrantError } from "../errors.js";
import { isForbiddenKey } from "../names.js";
import { emptyRecord } from "./record.js";

/** The way to a field, from the outside in: names in records, numbers in lists. */
export type FieldPath = readonly (string | number)[];

/** Levels of nesting that a name may have; as many as a payload by default. */
const DEPTH = 16;
const SEPARATOR = /[.[\]]/;
const HEAD = /^[^.[\]]+/;
const PART = /\.([^.[\]]+)|\[([^[\]]+)\]/y;
/** Longer numbers could not be told apart once they are numbers. */
const INDEX = /^\d{1,15}$/;
const LIST_MARK = "[]";

function refuse(why: string): never {
  throw new HydrantError("malformed", why);
}

/**
 * Reads `address.city`, `items[0].name`, `items[0][name]` and `tags[]`; the mark at the end of the last says that there
 * may be more of the same name and is no part of the path. A number in brackets is a place in a list, after a dot it is
 * a name. A name that follows no such form is one part, as it stands.
 *
 * @throws {HydrantError} `malformed` when it has more than 16 parts.
 */
export function parseName(name: string): FieldPath {
  if (!SEPARATOR.test(name)) return [name];
  const head = HEAD.exec(name)?.[0];
  if (head === undefined) return [name];
  const end = name.endsWith(LIST_MARK) ? name.length - LIST_MARK.length : name.length;
  const path: (string | number)[] = [head];
  for (let place = head.length; place < end; place = PART.lastIndex) {
    if (path.length === DEPTH) refuse(`A field's name is nested deeper than ${DEPTH} levels.`);
    PART.lastIndex = place;
    const part = PART.exec(name);
    if (part === null) return [name];
    const [, dotted, bracketed = ""] = part;
    path.push(dotted ?? (INDEX.test(bracketed) ? Number(bracketed) : bracketed));
  }
  return path;
}

/**
 * The one spelling of a path: `items[0].name`. It names the control, keys its messages and is what links to it.
 * The whole value, a path without parts, is `""`.
 */
export function formatName(path: readonly PropertyKey[]): string {
  let name = "";
  for (const part of path) {
    if (typeof part === "number") name += `[${part}]`;
    else if (name === "") name = String(part);
    // What holds a dot can only be told from two names in brackets.
    else name += /^[^[\]]*\.[^[\]]*$/.test(String(part)) ? `[${String(part)}]` : `.${String(part)}`;
  }
  return name;
}

/** A record or a list that is being put together; a class, so that no value from outside can be taken for one. */
class Branch {
  readonly members = new Map<string | number, unknown>();
  readonly isList: boolean;

  constructor(isList: boolean) {
    this.isList = isList;
  }

  /** The branch under this part, made where there is none. */
  descend(part: string | number, isList: boolean): Branch | undefined {
    const found = this.members.get(part);
    if (found instanceof Branch) return found.isList === isList ? found : undefined;
    if (this.members.has(part)) return undefined;
    const made = new Branch(isList);
    this.members.set(part, made);
    return made;
  }

  build(): unknown {
    if (this.isList) {
      // Numbers only order the rows: a list is as long as what was sent for it.
      const rows = [...this.members].sort(([a], [b]) => Number(a) - Number(b));
      return rows.map(([, member]) => (member instanceof Branch ? member.build() : member));
    }
    const record = emptyRecord();
    for (const [part, member] of this.members) record[part] = member instanceof Branch ? member.build() : member;
    return record;
  }
}

function insert(root: Branch, name: string, value: unknown): void {
  if (isForbiddenKey(name)) refuse("A field has a name that is not allowed.");
  const path = parseName(name);
  let branch: Branch | undefined = root;
  for (let depth = 0; depth < path.length - 1; depth++) {
    branch = branch?.descend(path[depth] as string | number, typeof path[depth + 1] === "number");
  }
  const last = path.at(-1) as string | number;
  if (branch === undefined || branch.members.has(last)) {
    refuse("Two fields contradict each other: one name stands for a value and for a group, or twice for a value.");
  }
  const isMarked = path[0] !== name && name.endsWith(LIST_MARK);
  branch.members.set(last, isMarked && !Array.isArray(value) ? [value] : value);
}

/**
 * Nested data from the flat fields of a form: `{ "items[2].name": "b", "items[0].name": "a" }` becomes
 * `{ items: [{ name: "a" }, { name: "b" }] }`. Numbers only order the rows and leave no gaps. Values are taken as they
 * are, so nested data of a JSON caller passes through. Records have no prototype.
 *
 * @throws {HydrantError} `malformed` when one name stands for a value and for a group or a list, when two spellings name
 * one value, when a name has more than 16 parts, or a part that could reach a prototype.
 */
export function nest(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const root = new Branch(false);
  for (const name of Object.keys(fields)) insert(root, name, fields[name]);
  return root.build() as Record<string, unknown>;
}

type Container = Record<string | number, unknown>;

function holds(container: unknown, part: string | number): container is Container {
  if (typeof container !== "object" || container === null) return false;
  return Array.isArray(container) === (typeof part === "number") && Object.hasOwn(container, part);
}

/** The value at a path; `undefined` where there is none. Finds only what the data holds itself, nothing inherited. */
export function at(data: unknown, path: FieldPath): unknown {
  let value = data;
  for (const part of path) {
    if (!holds(value, part)) return undefined;
    value = value[part];
  }
  return value;
}

/**
 * Sets the value at a path and makes the records and lists on the way. A list grows by one row at its end at most.
 *
 * @throws {HydrantError} `malformed` when a value stands in the way, a number lies beyond the end of a list, or a part
 * could reach a prototype. The data may then hold empty records on the way.
 */
export function put(data: Record<string, unknown>, path: FieldPath, value: unknown): void {
  let container: unknown = data;
  for (const [depth, part] of path.entries()) {
    if (typeof part === "string" && isForbiddenKey(part)) refuse("A field has a name that is not allowed.");
    const isList = Array.isArray(container);
    const isPlace = isList ? Number.isInteger(part) && Number(part) >= 0 : typeof part === "string";
    if (typeof container !== "object" || container === null || !isPlace) {
      refuse("A value stands where a group or a list is needed.");
    }
    if (isList && Number(part) > (container as unknown[]).length) refuse("A row lies beyond the end of its list.");
    const members = container as Container;
    if (depth === path.length - 1) members[part] = value;
    else if (!holds(members, part) || members[part] === undefined || members[part] === null) {
      members[part] = typeof path[depth + 1] === "number" ? [] : emptyRecord();
    }
    container = members[part];
  }
}
