import type { EventCall } from "./calls.js";
import type { Definition, EventDefinition } from "./definition.js";
import { HydrantError } from "./errors.js";
import type { Runtime } from "./runtime.js";

/** @throws {HydrantError} `not_found`. */
export function findDefinition(runtime: Runtime, name: string): Definition {
  const definition = runtime.definitions.get(name);
  if (definition === undefined) throw new HydrantError("not_found");
  return definition;
}

/** Looks in what was declared only, so nothing inherited can be called from outside. */
export function findEvent(
  runtime: Runtime,
  call: Pick<EventCall, "component" | "event">,
): { definition: Definition; event: EventDefinition } {
  const definition = findDefinition(runtime, call.component);
  const event = definition.events.get(call.event);
  if (event === undefined) throw new HydrantError("not_found");
  return { definition, event };
}
