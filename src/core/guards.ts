import type { ComponentClass, MountCache } from "./component.js";
import { DefinitionError } from "./errors.js";
import { type Limit, readLimits } from "./limits.js";
import { type BasePermission, decidesByObject, readPermissions } from "./permissions.js";

/** Who may do something, and how often. */
export interface Guard {
  /** All of them have to let a caller through. */
  readonly permissions: readonly BasePermission[];
  /** Those of them that also ask about the instance. */
  readonly byObject: readonly BasePermission[];
  readonly limits: readonly Limit[];
}

/** The guard of an event: that of its component, and its own. */
export interface EventGuard extends Guard {
  /** What the event asks beside its component. */
  readonly own: readonly BasePermission[];
}

/** What the server gives to components that declare nothing themselves. */
export interface GuardSettings {
  readonly permissions: readonly BasePermission[];
  readonly hasLimitStore: boolean;
}

/** What a class declares about the whole component. @throws {DefinitionError} for what cannot be followed. */
export function guardOf(name: string, componentClass: ComponentClass, settings: GuardSettings): Guard {
  const { permissions, limits } = componentClass;
  const all =
    permissions === undefined ? settings.permissions : readPermissions(`${name}: \`static permissions\``, permissions);
  const guard = {
    permissions: all,
    byObject: all.filter(decidesByObject),
    limits: limits === undefined ? [] : readLimits(name, limits),
  };
  checkStore(name, guard, settings);
  return guard;
}

/** What holds for one event: what its component declares, and what the class declares about it. @throws as above. */
export function eventGuardOf(
  name: string,
  event: string,
  componentClass: ComponentClass,
  settings: GuardSettings,
): EventGuard {
  const component = guardOf(name, componentClass, settings);
  const permissions = ownValue(componentClass.eventPermissions, event);
  const limits = ownValue(componentClass.eventLimits, event);
  const own =
    permissions === undefined ? [] : readPermissions(`${name}: \`static eventPermissions\` of "${event}"`, permissions);
  const all = [...component.permissions, ...own];
  const guard = {
    own,
    permissions: all,
    byObject: all.filter(decidesByObject),
    limits: [...component.limits, ...(limits === undefined ? [] : readLimits(`${name}.${event}`, limits))],
  };
  checkStore(name, guard, settings);
  return guard;
}

function ownValue<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

function checkStore(name: string, { limits }: Guard, { hasLimitStore }: GuardSettings): void {
  if (limits.length === 0 || hasLimitStore) return;
  throw new DefinitionError(
    `${name} declares limits, but nothing counts them. Give the server a store: ` +
      '`limitStore: memoryLimitStore()` from "hydrant/limits", or `redisLimitStore(client)` for several processes.',
  );
}

/** @throws {DefinitionError} for guards of events that are not there, and for settings nobody can follow. */
export function checkGuards(name: string, componentClass: ComponentClass, events: ReadonlyMap<string, unknown>): void {
  const { eventPermissions = {}, eventLimits = {}, offers = "open", cache } = componentClass;
  for (const [what, declared] of Object.entries({ eventPermissions, eventLimits })) {
    const unknown = Object.keys(declared).filter((event) => !events.has(event));
    if (unknown.length === 0) continue;
    throw new DefinitionError(
      `${name}: \`static ${what}\` names ${unknown.map((event) => `"${event}"`).join(", ")}, which ${name} does not answer. ` +
        `Its events: ${[...events.keys()].join(", ") || "none"}.`,
    );
  }
  if (offers !== "open" && offers !== "sealed") {
    throw new DefinitionError(`${name}: \`static offers\` is ${String(offers)}; it must be "open" or "sealed".`);
  }
  if (cache !== undefined) checkCache(name, cache);
}

function checkCache(name: string, { seconds, vary = [] }: MountCache): void {
  const isList = Array.isArray(vary) && vary.every((field) => typeof field === "string");
  if (Number.isFinite(seconds) && seconds > 0 && (isList || typeof vary === "function")) return;
  throw new DefinitionError(
    `${name}: \`static cache\` takes { seconds: 30, vary: ["locale"] }: seconds above 0, and names of the caller's ` +
      "fields or a function of the caller.",
  );
}
