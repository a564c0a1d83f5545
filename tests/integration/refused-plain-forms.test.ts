import { load } from "cheerio";
import { Component, createComponentServer, IsStaff } from "hydrant";
import { hydrantKoa } from "hydrant/koa";
import { memoryLimitStore } from "hydrant/limits";
import { html, taggedRenderer } from "hydrant/tagged";
import Koa from "koa";
import { expect, onTestFinished, test } from "vitest";
import { FORM, formBody, type Listening, listen } from "../support/http.js";
import { testLog } from "../support/log.js";

class Bell extends Component {
  static override template = "bell";
  static override events = { press: null, silence: null };
  static override eventLimits = { press: "1/h" };
  static override eventPermissions = { silence: IsStaff };
  on_press() {}
  on_silence() {}
}

async function open(): Promise<Listening> {
  const server = createComponentServer({
    components: { bell: Bell },
    renderer: taggedRenderer({ templates: { bell: ({ root }) => html`<section ${root()}></section>` } }),
    keys: ["plain-forms-key-4fJ8kP2sW6xZ9bN3vM7qT1"],
    limitStore: memoryLimitStore(),
    log: testLog(),
  });
  const app = new Koa();
  app.use(hydrantKoa(server, { signIn: "/sign-in" }));
  const listening = await listen(app.callback());
  onTestFinished(() => listening.close());
  return listening;
}

function press(listening: Listening, event: string, page: string) {
  const path = `/components/bell/${event}`;
  // What a browser says of a page whose address is that of an earlier event.
  const headers = { ...FORM, Origin: listening.origin, Referer: `${listening.origin}/components/bell/press` };
  return listening.request({ method: "POST", path, headers, body: formBody({ state: "x", _page: page }) });
}

test("a form that is refused before it was read still leads back to its page", async () => {
  const listening = await open();
  await press(listening, "press", "/shop?aisle=2");
  const limited = await press(listening, "press", "/shop?aisle=2");
  expect(limited.status).toBe(429);
  expect(load(limited.body)('a:contains("Go back")').attr("href")).toBe("/shop?aisle=2");
  expect(limited.headers["retry-after"]).toBe("3600");

  const anonymous = await press(listening, "silence", "/shop");
  expect(anonymous.status).toBe(401);
  const links = load(anonymous.body)("a");
  expect(links.toArray().map((link) => link.attribs.href)).toEqual(["/sign-in", "/shop"]);
});

test("a page of another site in such a form leads nowhere", async () => {
  const listening = await open();
  const refused = await press(listening, "silence", "//elsewhere.example/shop");
  expect(refused.body).not.toContain("elsewhere");
});
