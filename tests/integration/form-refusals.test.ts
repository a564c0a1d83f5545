import { load } from "cheerio";
import { createComponentServer, FormComponent, type FormHelpers, HydrantError, type View } from "hydrant";
import { html, taggedRenderer } from "hydrant/tagged";
import { createTestDoor, type TestInstance } from "hydrant/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { testLog } from "../support/log.js";

const schema = z.object({ name: z.string().min(1), note: z.string() });

class Register extends FormComponent<typeof schema> {
  static override template = "register";
  static override schema = schema;

  on_submit({ name }: z.output<typeof schema>) {
    if (name !== "ada") return;
    throw new HydrantError("invalid", undefined, { fields: { name: ["Ada is here already."], "": ["Not today."] } });
  }
}

function register(view: View) {
  const { root, form, field, form_errors } = view as View & FormHelpers;
  return html`<section ${root()}><form ${form()}>${form_errors()}${field("name")}${field("note")}</form></section>`;
}

async function open(): Promise<{ form: TestInstance; door: ReturnType<typeof createTestDoor> }> {
  const server = createComponentServer({
    components: { register: Register },
    renderer: taggedRenderer({ templates: { register } }),
    keys: ["refusals-key-4fJ8kP2sW6xZ9bN3vM7qT1"],
    log: testLog(),
  });
  const door = createTestDoor(server);
  return { door, form: await door.mount("register") };
}

const messages = ({ html: shown }: TestInstance) => load(shown)("[data-field-error]").text();

test("what a handler refused stays beside its field until that field is changed", async () => {
  const { door, form } = await open();
  const refused = await door.send(form, "submit", { name: "ada", note: "" });
  expect([refused.status, messages(form)]).toEqual([422, "Ada is here already."]);
  await door.send(form, "field_change", { _field: "note", name: "ada", note: "Hello" });
  expect(messages(form)).toBe("Ada is here already.");
  expect(load(form.html)("[data-form-errors]").text()).toContain("Not today.");
  await door.send(form, "field_change", { _field: "name", name: "grace", note: "Hello" });
  expect(messages(form)).toBe("");
  const accepted = await door.send(form, "submit", { name: "grace", note: "Hello" });
  expect([accepted.status, load(form.html)("[data-form-errors]").length]).toEqual([200, 0]);
});

test("more text than a form can keep is refused as too large, and is no fault of the server", async () => {
  const { door, form } = await open();
  const answer = await door.send(form, "submit", { name: "grace", note: "x".repeat(600_000) });
  expect([answer.status, answer.code]).toEqual([413, "too_large"]);
  expect((await door.send(form, "submit", { name: "grace", note: "short" })).status).toBe(200);
});
