import { load } from "cheerio";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { html, type TaggedTemplate, taggedRenderer } from "../../../../src/adapters/tagged/index.js";
import { createTestDoor } from "../../../../src/adapters/testing/index.js";
import {
  createComponentServer,
  FormComponent,
  type FormHelpers,
  type Schema,
  type View,
} from "../../../../src/core/index.js";

type FormView = View & FormHelpers;

/** What the template writes for a form with this schema, in its first state or with these messages. */
async function written(
  schema: Schema,
  write: (view: FormView) => unknown,
  errors: Readonly<Record<string, readonly string[]>> = {},
) {
  class Letter extends FormComponent {
    static override template = "letter";
    static override schema = schema;
    override async mount(given: object) {
      await super.mount(given);
      Object.assign(this.state, { errors, submitted: true });
    }
    on_submit() {}
  }
  const letter: TaggedTemplate = (view) => html`<section ${view.root()}>${write(view as FormView)}</section>`;
  const server = createComponentServer({
    components: { letter: Letter },
    renderer: taggedRenderer({ templates: { letter } }),
    mode: "development",
    log: { info() {}, warn() {}, error() {} },
  });
  const { answer } = await createTestDoor(server).mount("letter", {}, { id: "c-letter" });
  if (answer.status !== 200) throw new Error(`the template failed: ${answer.code}`);
  return load(answer.html);
}

describe("a field", () => {
  it("has an id of its own, whatever letters its name is made of", async () => {
    const names = ["größe", "grüße", "名前", "住所", "имя", "a b", "a-b", "a_b", "😀", "é", "e\u0301"];
    const schema = z.object(Object.fromEntries(names.map((name) => [name, z.string()])));
    const $ = await written(schema, ({ field }) => names.map((name) => field(name)));
    const ids = $("input")
      .toArray()
      .map((control) => $(control).attr("id") ?? "");
    expect(new Set(ids).size).toBe(names.length);
    expect(ids.filter((id) => !/^c-letter-[\w-]+$/.test(id))).toEqual([]);
    expect(ids.map((id) => $(`label[for="${id}"]`).length)).toEqual(names.map(() => 1));
  });

  it("is chosen from what the template says, as radio buttons too", async () => {
    const $ = await written(z.object({ size: z.string() }), ({ field }) =>
      field("size", { type: "radio", choices: ["s", { value: "l", label: "Large" }] }),
    );
    const radios = $("fieldset input[type=radio]").toArray();
    expect(radios.map((radio) => $(radio).attr("value"))).toEqual(["s", "l"]);
    expect(
      $("fieldset label")
        .toArray()
        .map((label) => $(label).text()),
    ).toEqual(["s", "Large"]);
  });

  it("keeps its texts whole where nothing is required of a single box", async () => {
    const schema = z.object({ "not required": z.array(z.enum(["a", "b"])).min(1) });
    const placeholder = "this is required reading";
    const $ = await written(schema, ({ field }) => field("not required", { placeholder }));
    for (const box of $("input").toArray()) {
      expect($(box).attr()).toMatchObject({ name: "not required", placeholder });
      expect($(box).attr("required")).toBeUndefined();
    }
  });

  it("that is a group of others is where its line in the summary leads", async () => {
    const inner = z.object({ city: z.string() });
    const schema = z.object({ home: inner, items: z.array(inner).min(1), tags: z.array(z.enum(["a", "b"])) });
    const names = ["home", "items", "tags"];
    const errors = Object.fromEntries(names.map((name) => [name, ["Wrong"]]));
    const $ = await written(
      schema,
      ({ form_errors, field }) => [form_errors(), names.map((name) => field(name))],
      errors,
    );
    const links = $("[data-form-errors] a").toArray();
    expect(links.map((link) => $($(link).attr("href") ?? "").length)).toEqual([1, 1, 1]);
  });

  it("that is called like something every object has shows no message of its own", async () => {
    const schema = z.object({ hasOwnProperty: z.string(), toString: z.string(), valueOf: z.string() });
    const $ = await written(schema, ({ field }) =>
      ["hasOwnProperty", "toString", "valueOf"].map((name) => field(name)),
    );
    expect([$("input").length, $("[data-invalid], [data-field-error]").length]).toEqual([3, 0]);
    expect(
      $("input")
        .toArray()
        .map((control) => $(control).attr("value")),
    ).toEqual(["", "", ""]);
  });
});
