import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Component } from "../../../src/core/index.js";
import { caller, codeOf, start } from "./fixture.js";

describe("an intent with an Idempotency-Key", () => {
  let runs = 0;
  class Shop extends Component<{ bought: number }> {
    static override readonly template = "show";
    static override readonly events = { buy: z.object({ item: z.string() }), fail: null };
    override mount() {
      this.state = { bought: 0 };
    }
    async on_buy() {
      runs++;
      await new Promise((resolve) => setImmediate(resolve));
      this.state.bought++;
    }
    on_fail() {
      runs++;
      throw new Error("out of stock");
    }
  }
  const { server } = start({ shop: Shop });
  const buy = (state: string, idempotencyKey: string, item = "tea") =>
    server.dispatch({ component: "shop", event: "buy", payload: { item }, state, caller, idempotencyKey });

  it("is carried out once and answered alike, however often and however quickly it comes", async () => {
    runs = 0;
    const { state } = await server.mount({ component: "shop", caller });
    const together = await Promise.all([buy(state, "k1"), buy(state, "k1"), buy(state, "k1")]);
    const later = await buy(state, "k1");
    expect(runs).toBe(1);
    for (const answer of together) expect(answer.html).toBe(later.html);
  });

  it("is refused when the key comes back with other values", async () => {
    const { state } = await server.mount({ component: "shop", caller });
    await buy(state, "k2");
    expect(await codeOf(buy(state, "k2", "coffee"))).toBe("key_reused");
  });

  it("that failed is not tried again behind the person's back", async () => {
    runs = 0;
    const { state } = await server.mount({ component: "shop", caller });
    const fail = () => server.dispatch({ component: "shop", event: "fail", state, caller, idempotencyKey: "k3" });
    expect(await codeOf(fail())).toBe("internal");
    expect(await codeOf(fail())).toBe("internal");
    expect(runs).toBe(1);
  });

  it("belongs to one caller and one instance", async () => {
    runs = 0;
    const mine = await server.mount({ component: "shop", caller });
    const other = await server.mount({ component: "shop", caller });
    await buy(mine.state, "k4");
    await buy(other.state, "k4");
    expect(runs).toBe(2);
  });
});
