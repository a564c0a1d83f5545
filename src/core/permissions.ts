import type { Caller } from "./caller.js";
import type { Component, ComponentClass } from "./component.js";
import { DefinitionError } from "./errors.js";

/** What is asked for, before any state is known. */
export interface PermissionRequest {
  readonly caller: Caller;
  /** Name the component is registered under. */
  readonly component: string;
  readonly action: "mount" | "event";
  /** Name of the event; `undefined` for a mount. */
  readonly event: string | undefined;
}

/** What a permission says; only `true` lets through. */
export type PermissionAnswer = boolean | Promise<boolean>;

/**
 * Says who may do something. Only `true` lets through.
 *
 * `hasPermission` is asked first, before the state is opened; `hasObjectPermission` once the instance and its state are
 * known, on mounts and on events, before anything of it is shown. Throw a `HydrantError` to answer with another code.
 */
export abstract class BasePermission {
  hasPermission(_request: PermissionRequest, _componentClass: ComponentClass): PermissionAnswer {
    return true;
  }

  hasObjectPermission(_request: PermissionRequest, _instance: Component): PermissionAnswer {
    return true;
  }
}

/** A permission, or a class of one that is made without arguments. */
export type PermissionRule = BasePermission | (new () => BasePermission);

/** Everybody, also without being signed in. */
export class AllowAny extends BasePermission {}

/** Whoever is signed in. */
export class IsAuthenticated extends BasePermission {
  override hasPermission({ caller }: PermissionRequest): boolean {
    return caller.user !== null;
  }
}

/** Users whose `isStaff` is true. */
export class IsStaff extends BasePermission {
  override hasPermission({ caller }: PermissionRequest): boolean {
    return caller.user?.isStaff === true;
  }
}

/** Users whose `isSuperuser` is true. */
export class IsSuperuser extends BasePermission {
  override hasPermission({ caller }: PermissionRequest): boolean {
    return caller.user?.isSuperuser === true;
  }
}

/** Users who hold named permissions: `new HasPermission("todo.change")`. A superuser holds all. */
export class HasPermission extends BasePermission {
  readonly #names: readonly string[];
  readonly #one: boolean;

  /**
   * @param names One name, or several.
   * @param how Whether a user needs `"all"` of several (the default) or `"one"` of them.
   * @throws {DefinitionError} without a name.
   */
  constructor(names: string | readonly string[], how: "all" | "one" = "all") {
    super();
    this.#names = [names].flat();
    this.#one = how === "one";
    if (this.#names.length === 0 || this.#names.some((name) => typeof name !== "string" || name === "")) {
      throw new DefinitionError('HasPermission needs the name of a permission, such as "todo.change".');
    }
  }

  override hasPermission({ caller: { user } }: PermissionRequest): boolean {
    if (user === null) return false;
    if (user.isSuperuser === true) return true;
    const held = new Set(user.permissions ?? []);
    return this.#one ? this.#names.some((name) => held.has(name)) : this.#names.every((name) => held.has(name));
  }
}

/** What one question is about. */
export interface Question {
  readonly request: PermissionRequest;
  readonly componentClass: ComponentClass;
  /** The instance with its state, once that is known. */
  readonly instance: Component | undefined;
  /** What an answer counts as that is neither `true` nor `false`. Default `false`; below `not()` it is the other way. */
  readonly unclear?: boolean;
}

function toPermission(rule: PermissionRule): BasePermission {
  return typeof rule === "function" ? new rule() : rule;
}

/** Asks one after the other, and waits only where one waits. */
function decide(all: readonly BasePermission[], question: Question, stopAt: boolean, from = 0): PermissionAnswer {
  for (let at = from; at < all.length; at++) {
    const answer = admits(all[at] as BasePermission, question);
    if (typeof answer !== "boolean") {
      return answer.then((admitted) => (admitted === stopAt ? stopAt : decide(all, question, stopAt, at + 1)));
    }
    if (answer === stopAt) return stopAt;
  }
  return !stopAt;
}

/** Several permissions as one. Parts are asked through `admits`, so that each sees the instance once it is known. */
abstract class Combined extends BasePermission {
  readonly parts: readonly BasePermission[];

  /** @throws {DefinitionError} for none, and for what is not a permission. */
  constructor(how: string, rules: readonly PermissionRule[]) {
    super();
    if (rules.length === 0) throw new DefinitionError(`${how}() needs at least one permission.`);
    this.parts = readPermissions(`${how}()`, rules);
  }

  abstract answer(question: Question): PermissionAnswer;
}

class And extends Combined {
  override answer(question: Question): PermissionAnswer {
    return decide(this.parts, question, false);
  }
}

class Or extends Combined {
  override answer(question: Question): PermissionAnswer {
    return decide(this.parts, question, true);
  }
}

class Not extends Combined {
  override answer(question: Question): PermissionAnswer {
    // What depends on the instance cannot be denied before there is one.
    if (question.instance === undefined && this.parts.some(decidesByObject)) return true;
    const answer = decide(this.parts, { ...question, unclear: question.unclear !== true }, false);
    return typeof answer === "boolean" ? !answer : answer.then((admitted) => !admitted);
  }
}

/** Those whom every one of the rules lets through. */
export function and(...rules: readonly PermissionRule[]): BasePermission {
  return new And("and", rules);
}

/** Those whom at least one of the rules lets through. */
export function or(...rules: readonly PermissionRule[]): BasePermission {
  return new Or("or", rules);
}

/** Those whom the rule does not let through. */
export function not(rule: PermissionRule): BasePermission {
  return new Not("not", [rule]);
}

/** Whether a permission has something to say about an instance, and not only about who asks. */
export function decidesByObject(permission: BasePermission): boolean {
  if (permission instanceof Combined) return permission.parts.some(decidesByObject);
  return permission.hasObjectPermission !== BasePermission.prototype.hasObjectPermission;
}

/** Those of ours look at the caller alone. */
const ABOUT_CALLERS: ReadonlySet<object> = new Set(
  [AllowAny, IsAuthenticated, IsStaff, IsSuperuser, HasPermission].map(({ prototype }) => prototype),
);

/** Whether a permission may answer otherwise about an event than it did about the component: an author's may. */
export function looksAtEvents(permission: BasePermission): boolean {
  if (permission instanceof Combined) return permission.parts.some(looksAtEvents);
  return !ABOUT_CALLERS.has(Object.getPrototypeOf(permission));
}

/** Whether one permission lets a call through, as far as can be said now. */
export function admits(permission: BasePermission, question: Question): PermissionAnswer {
  if (permission instanceof Combined) return permission.answer(question);
  const { request, componentClass, instance, unclear = false } = question;
  const byObject = (admitted: boolean): PermissionAnswer =>
    admitted && instance !== undefined ? clear(permission.hasObjectPermission(request, instance), unclear) : admitted;
  const byClass = clear(permission.hasPermission(request, componentClass), unclear);
  return typeof byClass === "boolean" ? byObject(byClass) : byClass.then(byObject);
}

/** What an author's code answered, as yes or no. */
function clear(answer: unknown, unclear: boolean): PermissionAnswer {
  if (typeof answer === "boolean") return answer;
  if (typeof answer !== "object" || answer === null) return unclear;
  return Promise.resolve(answer).then((value) => (typeof value === "boolean" ? value : unclear));
}

/** Whether all of them let a call through. */
export function admitsAll(permissions: readonly BasePermission[], question: Question): PermissionAnswer {
  return decide(permissions, question, false);
}

/**
 * Permissions as the server uses them, from what a class declares.
 * @param where For the message.
 * @throws {DefinitionError} for what is not a permission.
 */
export function readPermissions(
  where: string,
  rules: PermissionRule | readonly PermissionRule[],
): readonly BasePermission[] {
  return [rules].flat().map((rule) => {
    const isClass = typeof rule === "function" && rule.prototype instanceof BasePermission;
    const permission = isClass || rule instanceof BasePermission ? toPermission(rule) : undefined;
    if (permission !== undefined) return permission;
    const found = typeof rule === "function" ? (rule as { name: string }).name || "a function" : String(rule);
    throw new DefinitionError(
      `${where} holds ${found}, which is no permission. Give a class that extends BasePermission, such as ` +
        'IsAuthenticated, or an object of one, such as new HasPermission("todo.change").',
    );
  });
}
