import { load } from "cheerio";
import { Component, createComponentServer } from "hydrant";
import { componentsOf, hydrantKoa } from "hydrant/koa";
import { html, taggedRenderer } from "hydrant/tagged";
import Koa from "koa";
import { expect, onTestFinished, test } from "vitest";
import { formBody, listen } from "../support/http.js";
import { testLog } from "../support/log.js";

/** Files of the package on a stack, in the order they were passed. Source maps may name a file by its source. */
function packageFiles(stack: string): string[] {
  const files = [...stack.matchAll(/\/(?:dist|src)\/((?:core|adapters)\/[\w./-]+)\.[jt]s:/g)];
  return [...new Set(files.map(([, file]) => file).reverse())].filter((file) => file !== undefined);
}

test("files are read off a stack in the order they were passed, each once", () => {
  const stack = [
    "Error: here",
    "    at handle (/x/dist/core/instance.js:1:2)",
    "    at /x/dist/core/instance.js:9:2",
    "    at app (/x/app.js:1:2)",
    "    at async answer (file:///x/src/adapters/koa/door.ts:3:4)",
  ];
  expect(packageFiles(stack.join("\n"))).toEqual(["adapters/koa/door", "core/instance"]);
});

test("a request passes at most four files of the package before it reaches the author's handler", async () => {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
  onTestFinished(() => {
    Error.stackTraceLimit = limit;
  });
  let stack = "";
  class Probe extends Component {
    static override readonly template = "probe";
    static override readonly events = { look: null };
    on_look(): void {
      stack = new Error("here").stack ?? "";
    }
  }
  const server = createComponentServer({
    components: { probe: Probe },
    renderer: taggedRenderer({
      templates: { probe: ({ root, on }) => html`<form ${root()} ${on("look")}></form>` },
      pages: { page: ({ component }) => html`${(component as (name: string) => unknown)("probe")}` },
    }),
    keys: ["depth-key-Zr7Wc2Kq9Yt4Vb6Nm1Xs8Pd3"],
    log: testLog(),
  });
  const app = new Koa();
  app.use(hydrantKoa(server));
  app.use((ctx) => componentsOf(ctx).render("page"));
  const listening = await listen(app.callback());
  onTestFinished(() => listening.close());

  const page = await listening.request({ path: "/" });
  const form = load(page.body)("form");
  const [cookie = ""] = page.headers["set-cookie"]?.map((one) => one.split(";")[0]) ?? [];
  const answer = await listening.request({
    method: "POST",
    path: form.attr("action") ?? "",
    headers: {
      "Content-Type": "application/x-www-form-urlencoded",
      "HX-Request": "true",
      Origin: listening.origin,
      Cookie: cookie,
    },
    body: formBody({ state: String(form.find("[name=state]").attr("value")) }),
  });
  expect(answer.status).toBe(200);
  // The server hands the call on and leaves no frame; it counts all the same.
  const files = [...packageFiles(stack), "core/server"];
  expect(files).toEqual(expect.arrayContaining(["adapters/koa/door", "core/lifecycle", "core/instance"]));
  expect(files.length, files.join(" -> ")).toBeLessThanOrEqual(4);
});
