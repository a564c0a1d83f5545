import { Component, type ComponentClass, type MountCache } from "./component.js";
import { DefinitionError } from "./errors.js";
import { type Limit, type LimitRule, readLimits } from "./limits.js";
import {
  type BasePermission,
  decidesByObject,
  looksAtEvents,
  type PermissionRule,
  readPermissions,
} from "./permissions.js";

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
  /** Those that decide whether it is offered: its own, and of its component's those that may say no to it alone. */
  readonly own: readonly BasePermission[];
}

/** What the server gives to components that declare nothing themselves. */
export interface GuardSettings {
  readonly permissions: readonly BasePermission[];
  readonly hasLimitStore: boolean;
}

/** Whether a class or one it extends says something itself; `undefined`, after an import that went wrong, is no leave. */
function declaresPermissions(componentClass: ComponentClass): boolean {
  for (let one: object = componentClass; one !== Component; one = Object.getPrototypeOf(one)) {
    if (Object.hasOwn(one, "permissions")) return true;
  }
  return false;
}

/** What a class declares about the whole component. @throws {DefinitionError} for what cannot be followed. */
export function guardOf(name: string, componentClass: ComponentClass, settings: GuardSettings): Guard {
  const { permissions, limits } = componentClass;
  const all = declaresPermissions(componentClass)
    ? readPermissions(`${name}: \`static permissions\``, permissions as PermissionRule)
    : settings.permissions;
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
  const { eventPermissions = {}, eventLimits = {} } = componentClass;
  const permissions = Object.hasOwn(eventPermissions, event)
    ? readPermissions(`${name}: \`static eventPermissions\` of "${event}"`, eventPermissions[event] as PermissionRule)
    : [];
  const limits = Object.hasOwn(eventLimits, event)
    ? readLimits(`${name}.${event}`, eventLimits[event] as LimitRule)
    : [];
  const all = [...component.permissions, ...permissions];
  const guard = {
    own: [...component.permissions.filter(looksAtEvents), ...permissions],
    permissions: all,
    byObject: all.filter(decidesByObject),
    limits: [...component.limits, ...limits],
  };
  checkStore(name, guard, settings);
  return guard;
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

function checkCache(name: string, cache: MountCache | null): void {
  const { seconds = 0, vary = [] } = cache ?? {};
  const isList = Array.isArray(vary) && vary.every((field) => typeof field === "string");
  if (Number.isFinite(seconds) && seconds > 0 && (isList || typeof vary === "function")) return;
  throw new DefinitionError(
    `${name}: \`static cache\` takes { seconds: 30, vary: ["locale"] }: seconds above 0, and names of the caller's ` +
      "fields or a function of the caller.",
  );
}
