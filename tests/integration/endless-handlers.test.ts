import { Component } from "hydrant";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { bench, type Parts } from "../support/piece.js";

describe("a component that", () => {
  const ENDLESS = new Promise<never>(() => {});
  const NEVER: readonly (readonly [what: string, change: Parts])[] = [
    ["its handler", { handler: () => ENDLESS }],
    [
      "a step of its stream",
      {
        async *handler() {
          yield await ENDLESS;
        },
      },
    ],
    ["hydrated()", { hydrated: () => ENDLESS }],
    ["beforeRender()", { beforeRender: () => ENDLESS }],
  ];

  it.each(NEVER)("never ends in %s is stopped when its time is over", async (_what, change) => {
    const { door, parts, clock } = bench({ limits: { callMs: 1000 } });
    const piece = await door.mount("piece");
    Object.assign(parts, change);
    const answer = door.send(piece, "act");
    await expect.poll(() => clock.pending()).toBe(1);
    clock.advance(1000);
    expect(await answer).toMatchObject({ status: 503, code: "timeout" });
    expect(clock.pending()).toBe(0);
  });

  it("never ends in mount() is stopped when its time is over", async () => {
    const { door, parts, clock } = bench({ limits: { callMs: 1000 } });
    parts.mount = () => ENDLESS;
    const mounted = door.mount("piece");
    await expect.poll(() => clock.pending()).toBe(1);
    clock.advance(1000);
    expect((await mounted).answer).toMatchObject({ status: 503, code: "timeout" });
  });

  it("never ends in a schema is stopped when its time is over", async () => {
    class Checked extends Component {
      static override template = "piece";
      static override events = { act: z.object({}).refine(() => ENDLESS) };
      override mount() {
        this.state = {};
      }
      on_act() {}
    }
    const { door, clock } = bench({ components: { piece: Checked }, limits: { callMs: 1000 } });
    const piece = await door.mount("piece");
    const answer = door.send(piece, "act");
    await expect.poll(() => clock.pending()).toBe(1);
    clock.advance(1000);
    expect(await answer).toMatchObject({ status: 503, code: "timeout" });
  });
});
