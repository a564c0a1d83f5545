import { Component, type ComponentClass } from "./component.js";
import { DefinitionError } from "./errors.js";
import { isWireName } from "./names.js";

/** What `register("name")` returns: a class decorator. */
export type RegisterDecorator = <C extends ComponentClass>(componentClass: C, context?: ClassDecoratorContext<C>) => C;

/**
 * Component classes by the name they have on the wire. The application makes its own; nothing is process-global.
 *
 * ```ts
 * const registry = new ComponentRegistry();
 * @registry.register("counter") class Counter extends Component { … }   // as a decorator
 * registry.register("clock", Clock);                                      // as a function
 * ```
 */
export class ComponentRegistry {
  readonly #classes = new Map<string, ComponentClass>();

  /**
   * As a decorator.
   * @throws {DefinitionError} for a name that is taken or cannot stand in an address, and for what is not a component.
   */
  register(name: string): RegisterDecorator;
  /** As a function. @returns the class it was given. @throws as above. */
  register<C extends ComponentClass>(name: string, componentClass: C): C;
  register<C extends ComponentClass>(name: string, componentClass?: C): C | RegisterDecorator {
    if (componentClass === undefined) return (decorated) => this.#add(name, decorated);
    return this.#add(name, componentClass);
  }

  /** Every name with its class, in the order they were registered. */
  entries(): IterableIterator<[string, ComponentClass]> {
    return this.#classes.entries();
  }

  #add<C extends ComponentClass>(name: string, componentClass: C): C {
    if (!isWireName(name)) {
      throw new DefinitionError(
        `${JSON.stringify(name)} cannot be a component's name. Use lower-case letters, digits, "_" or "-", ` +
          "beginning with a letter, at most 64 of them.",
      );
    }
    if (this.#classes.has(name)) {
      throw new DefinitionError(`two components are called "${name}". Register one of them under another name.`);
    }
    if (typeof componentClass !== "function" || !(componentClass.prototype instanceof Component)) {
      throw new DefinitionError(`"${name}" is not a class that extends Component.`);
    }
    this.#classes.set(name, componentClass);
    return componentClass;
  }
}

/** A registry from whatever the author gave: one of their own, or an object of classes by name. */
export function toRegistry(
  components: ComponentRegistry | Readonly<Record<string, ComponentClass>>,
): ComponentRegistry {
  if (components instanceof ComponentRegistry) return components;
  const registry = new ComponentRegistry();
  for (const [name, componentClass] of Object.entries(components)) registry.register(name, componentClass);
  return registry;
}
