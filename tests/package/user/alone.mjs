// A project with the package and zod, and neither Koa nor Nunjucks: components by plain functions, tested without a port.
import { Component, createComponentServer } from "hydrant";
import { html, taggedRenderer } from "hydrant/tagged";
import { createTestDoor } from "hydrant/testing";
import { z } from "zod";

class Counter extends Component {
  static template = "counter";
  static params = z.object({ start: z.coerce.number().int() });
  static events = { increment: z.object({ by: z.coerce.number().int().max(10) }) };

  mount({ start }) {
    this.state = { count: start };
  }

  on_increment({ by }) {
    this.state.count += by;
  }
}

const server = createComponentServer({
  components: { counter: Counter },
  renderer: taggedRenderer({
    templates: { counter: ({ root, state }) => html`<p ${root()}>Count: ${state.count}</p>` },
  }),
  mode: "development",
  log: { info() {}, warn() {}, error() {} },
});
const door = createTestDoor(server);
const counter = await door.mount("counter", { start: "5" });
const answer = await door.send(counter, "increment", { by: "2" });
const refused = await door.send(counter, "increment", { by: "11" });
console.log(JSON.stringify({ status: answer.status, html: answer.html, refused: refused.code }));
