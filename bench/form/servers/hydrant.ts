import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { createComponentServer, FormComponent } from "hydrant";
import { componentsOf, hydrantKoa } from "hydrant/koa";
import { nunjucksRenderer } from "hydrant/nunjucks";
import Koa from "koa";
import { serve } from "../../socket/serve.js";
import { contact } from "../contact.js";
import { FIELDS } from "../fields.js";

class Contact extends FormComponent<typeof contact, { thanks: string }> {
  static override template = "contact.njk";
  static override schema = contact;

  on_submit({ name }: { name: string }) {
    this.state.thanks = name;
  }

  override getContext() {
    return { fields: FIELDS };
  }
}

const server = createComponentServer({
  components: { contact: Contact },
  renderer: nunjucksRenderer(fileURLToPath(new URL("../../../bench/form/templates", import.meta.url))),
  keys: [randomBytes(32).toString("base64url")],
  log: { info() {}, warn() {}, error: console.error },
});
const app = new Koa();
app.use(hydrantKoa(server));
app.use((ctx) => componentsOf(ctx).render("page.njk"));

serve(app.callback());
