import { createTestDoor, type TestAnswer } from "hydrant/testing";
import { type Door, type Held, personOf, type Reply, type Stage, VISITOR } from "./stage.js";

function replyOf(component: string, answer: TestAnswer): Reply {
  const { status, code, html, state, component_id, slots, fields, effects, partials, failure, kind } = answer;
  return {
    component,
    component_id,
    status,
    code,
    html,
    state,
    slots,
    fields,
    message: failure?.message,
    errorId: failure?.id,
    redirect: effects.redirect,
    trigger: effects.trigger,
    partials,
    removed: kind === "removed",
  };
}

/** The in-process door of `hydrant/testing`. */
export const testDoor: Door = {
  name: "test",
  async open(parts, { prefix = "/components" }): Promise<Stage> {
    const doorOf = (user: string) =>
      createTestDoor(parts.server, {
        caller: { user: personOf(parts.people, user), session: user === "" ? VISITOR : null },
        base: prefix,
      });
    return {
      ...parts,
      async mount(component, params = {}, user = "ann"): Promise<Held> {
        const instance = await doorOf(user).mount(component, params, { id: `c-${component}`, wholePage: true });
        if (instance.state === "") throw new Error(`the test door did not mount ${component}: ${instance.answer.code}`);
        return instance;
      },
      async ask(component, params = {}, user = "ann") {
        return replyOf(component, (await doorOf(user).mount(component, params)).answer);
      },
      async mountTicket(component, ticket, user = "ann") {
        return replyOf(component, (await doorOf(user).mountTicket(component, ticket)).answer);
      },
      async send(to, event, payload = {}, { user = "ann", idempotencyKey } = {}) {
        const options = idempotencyKey === undefined ? {} : { idempotencyKey };
        return replyOf(to.component, await doorOf(user).send(to, event, payload, options));
      },
      async *stream(to, event, payload = {}, { user = "ann", idempotencyKey } = {}) {
        const options = idempotencyKey === undefined ? {} : { idempotencyKey };
        for await (const frame of doorOf(user).stream(to, event, payload, options)) {
          const { stream_done, append } = frame;
          yield { ...replyOf(to.component, frame), stream_done, append };
        }
      },
      close: async () => {},
    };
  },
};
