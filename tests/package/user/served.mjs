// The smallest application: one component in one page of a Koa application, with Nunjucks templates.
import { Component, createComponentServer } from "hydrant";
import { hydrantKoa } from "hydrant/koa";
import { nunjucksRenderer } from "hydrant/nunjucks";
import Koa from "koa";
import { z } from "zod";

class Counter extends Component {
  static template = "counter.njk";
  static params = z.object({ start: z.coerce.number().int() });
  static events = { increment: z.object({ by: z.coerce.number().int().max(10) }) };

  mount({ start }) {
    this.state = { count: start };
  }

  on_increment({ by }) {
    this.state.count += by;
  }
}

const hydrant = createComponentServer({
  components: { counter: Counter },
  renderer: nunjucksRenderer("templates"),
  mode: "development",
});
const app = new Koa();
app.use(hydrantKoa(hydrant));
app.use((ctx) => ctx.components.render("page.njk"));
const server = app.listen(0, "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
