import { describe, expect, it } from "vitest";
import { html } from "../../../src/adapters/tagged/index.js";
import { Component, type View } from "../../../src/core/index.js";
import { caller, serverWith } from "./boards.js";

describe("mistakes in a composition", () => {
  class Wrong extends Component {
    static override readonly template: string = "wrong";
  }
  const failing = async (template: (view: View) => ReturnType<typeof html>) => {
    const server = serverWith({ wrong: Wrong }, { wrong: template });
    const error: unknown = await server.mount({ component: "wrong", caller }).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    const { message, cause } = error as Error & { cause?: Error };
    return `${message}: ${cause?.message ?? ""}`;
  };

  it.each([
    ["an unknown child", ({ root, component }: View) => html`<p ${root()}>${component("countr")}</p>`, '"countr"'],
    ["an unknown event", ({ root, on }: View) => html`<p ${root()} ${on("ad")}></p>`, '"ad"'],
    ["a slot it does not declare", ({ root, slot }: View) => html`<p ${root()}>${slot("side")}</p>`, "static slots"],
    [
      "two children with one key",
      ({ root, component }: View) =>
        html`<p ${root()}>${component("counter", { key: "x" })}${component("counter", { key: "x" })}</p>`,
      'the key "x"',
    ],
    ["no root", () => html`<p>lost</p>`, "root()"],
    [
      "the root's attributes on an inner element",
      ({ root }: View) => html`<div><p ${root()}></p></div>`,
      "must begin with one element",
    ],
    ["an object as an argument", ({ root, on }: View) => html`<p ${root()} ${on("x", { a: {} })}></p>`, '"x"'],
  ])("such as %s are named with the fix", async (_what, template, words) => {
    expect(await failing(template)).toContain(words);
  });

  it("such as endless nesting end in an error, not in a hanging server", async () => {
    class Mirror extends Component {
      static override readonly template = "mirror";
    }
    const server = serverWith(
      { mirror: Mirror },
      { mirror: ({ root, component }) => html`<p ${root()}>${component("mirror")}</p>` },
    );
    await expect(server.mount({ component: "mirror", caller })).rejects.toThrow("levels deep");
  });

  it("such as too many components end in an error", async () => {
    class Crowd extends Component {
      static override readonly template = "crowd";
    }
    const server = serverWith(
      { crowd: Crowd },
      {
        crowd: ({ root, component }) =>
          html`<p ${root()}>${Array.from({ length: 2001 }, () => component("counter"))}</p>`,
      },
    );
    await expect(server.mount({ component: "crowd", caller })).rejects.toThrow("limits.instances");
  });
});
