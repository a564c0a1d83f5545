import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { nunjucksRenderer } from "../../../../src/adapters/nunjucks/index.js";
import { html, taggedRenderer } from "../../../../src/adapters/tagged/index.js";
import {
  Component,
  type ComponentClass,
  type ComponentServerOptions,
  createComponentServer,
  DefinitionError,
  FormComponent,
  ModelFormComponent,
  type Schema,
  type UploadRule,
  WizardComponent,
} from "../../../../src/core/index.js";
import { folderOf } from "../../nunjucks/both-ways.js";

const renderer = taggedRenderer({ templates: { show: ({ root }) => html`<p ${root()}></p>` } });
const options: Omit<ComponentServerOptions, "components"> = {
  renderer,
  mode: "development",
  log: { info() {}, warn() {}, error() {} },
};
const never = () => Promise.reject(new Error("nothing is stored in these tests"));
const uploadStore = { write: never, read: never, keep: never, remove: never };

/** Why a server with this component does not start; `started` when it does. */
function problem(componentClass: ComponentClass, more: Partial<ComponentServerOptions> = {}): string {
  try {
    createComponentServer({ ...options, components: { letter: componentClass }, ...more });
  } catch (error) {
    expect(error).toBeInstanceOf(DefinitionError);
    return (error as Error).message;
  }
  return "started";
}

interface Declared {
  readonly schema?: Schema | undefined;
  readonly sensitive?: readonly string[];
  readonly uploads?: Readonly<Record<string, UploadRule>>;
  readonly events?: Readonly<Record<string, null>>;
}

const schema = z.object({
  email: z.email(),
  address: z.object({ city: z.string() }),
  items: z.array(z.object({ title: z.string() })),
  photos: z.array(z.unknown()),
});

function formOf(declared: Declared): ComponentClass {
  return class extends FormComponent {
    static override template = "show";
    static override schema = "schema" in declared ? (declared.schema as Schema) : schema;
    static override sensitive = declared.sensitive ?? [];
    static override uploads = declared.uploads ?? {};
    static override events = declared.events ?? {};
    on_submit() {}
  };
}

describe("a form does not start", () => {
  it("without a schema", () => {
    const message = "letter: `static schema` is missing. Give the schema of what the form takes.";
    expect(problem(formOf({ schema: undefined }))).toBe(message);
    expect(problem(formOf({ schema: { email: "string" } as never }))).toBe(message);
  });

  it("without on_submit()", () => {
    const silent = formOf({});
    Reflect.deleteProperty(silent.prototype, "on_submit");
    expect(problem(silent)).toMatch(/^letter: on_submit\(\) is missing\. /);
  });

  it.each([
    ["sensitive", { sensitive: ["pasword"] }, "pasword"],
    ["uploads", { uploads: { fotos: { maxBytes: 5 } } }, "fotos"],
    ["a nested one", { sensitive: ["address.street"] }, "address.street"],
  ])("with a field that the schema does not have: %s", (_where, declared, name) => {
    expect(problem(formOf(declared), { uploadStore })).toBe(
      `letter: there is no field "${name}" in the schema. It has: email, address, items, photos.`,
    );
  });

  it("with files inside of groups", () => {
    const nested = z.object({ address: z.object({ plan: z.unknown() }) });
    const declared = { schema: nested, uploads: { "address.plan": { maxBytes: 5 } } };
    expect(problem(formOf(declared), { uploadStore })).toMatch(/^letter: "address\.plan" takes files, .* at the top/);
  });

  it.each([
    ["form", "messages about the whole form stand there"],
    ["state", "the seal is sent under that name"],
    ["_form", "the form itself sends that"],
    ["_field", "the form itself sends that"],
    ["_index", "the form itself sends that"],
    ["_key", "the form itself sends that"],
    ["_step", "the form itself sends that"],
    ["_page", "the form itself sends that"],
    ["constructor", "it could reach a prototype"],
    ["a.b", "a dot or a bracket parts the names of nested fields"],
    ["a[0]", "a dot or a bracket parts the names of nested fields"],
  ])("with a field called %s, and says why", (name, why) => {
    const message = `letter: a field cannot be called "${name}"; ${why}.`;
    expect(problem(formOf({ schema: z.object({ [name]: z.string() }) }))).toBe(message);
  });

  it("with a nested field whose name could not be sent, but with one called state", () => {
    const nested = (name: string) => z.object({ list: z.array(z.object({ [name]: z.string() })) });
    expect(problem(formOf({ schema: nested("prototype") }))).toMatch(/cannot be called "prototype"; it could reach/);
    expect(problem(formOf({ schema: nested("a[b]") }))).toMatch(/cannot be called "a\[b\]"/);
    expect(problem(formOf({ schema: nested("state") }))).toBe("started");
    expect(problem(formOf({ schema: nested("form") }))).toBe("started");
  });

  it.each(["submit", "field_change", "add_row", "remove_row", "upload", "remove_file"])(
    "with the event %s declared once more",
    (event) => {
      expect(problem(formOf({ events: { [event]: null } }))).toBe(
        `letter: the event "${event}" belongs to every form. Take it out of \`static events\`; its fields are those of ` +
          "`static schema`.",
      );
    },
  );

  it("with uploads and no store", () => {
    const declared = { uploads: { photos: { maxBytes: 5, maxFiles: 2 } } };
    expect(problem(formOf(declared))).toMatch(/^letter takes files, but nothing keeps them\. .*diskUploadStore/);
    expect(problem(formOf(declared), { uploadStore })).toBe("started");
  });

  it.each([
    {},
    { maxBytes: 0 },
    { maxBytes: -1 },
    { maxBytes: 1.5 },
    { maxBytes: Number.NaN },
    { maxBytes: "5 MB" },
    { maxBytes: 5, maxFiles: 0 },
    { maxBytes: 5, types: ["png"] },
    { maxBytes: 5, types: ["image/*, text/*"] },
    { maxBytes: 5, types: ["*/*"] },
    { maxBytes: 5, types: [""] },
  ])("with a rule for files that nobody can follow: %j", (rule) => {
    const uploads = { photos: rule as UploadRule };
    expect(problem(formOf({ uploads }), { uploadStore })).toMatch(
      /^letter: `static uploads` of "photos" must be \{ maxB/,
    );
  });
});

describe("a template of a form", () => {
  function withTemplate(text: string, componentClass: ComponentClass = formOf({})): string {
    class Shown extends componentClass {
      static override template = "letter.njk";
      override mount() {}
    }
    return problem(Shown, { renderer: nunjucksRenderer(folderOf({ "letter.njk": text })) });
  }
  const inForm = (text: string) => `<p {{ root() }}><form {{ form() }}>${text}</form></p>`;

  it.each(["emial", "adress.city", "address.town", "items[0].name", ""])(
    "that shows a field %j is refused with the names there are",
    (name) => {
      expect(withTemplate(inForm(`{{ field("${name}") }}`))).toBe(
        `letter: letter.njk shows the field "${name}"; it has: email, address, items, photos.`,
      );
    },
  );

  it("is refused when the wrong name stands in an include, a macro or a condition", () => {
    const files = { "letter.njk": inForm('{% include "part.njk" %}'), "part.njk": '{{ field("emial") }}' };
    class Shown extends formOf({}) {
      static override template = "letter.njk";
      override mount() {}
    }
    expect(problem(Shown, { renderer: nunjucksRenderer(folderOf(files)) })).toContain('the field "emial"');
    expect(withTemplate(inForm('{% macro m() %}{{ field("emial", check=true) }}{% endmacro %}'))).toContain('"emial"');
    expect(withTemplate(inForm('{% if 0 %}{{ field("emial") }}{% endif %}'))).toContain('"emial"');
  });

  it("starts with names that are there, spelt in any way, and with names it works out", () => {
    const names = ["email", "address", "address.city", "address[city]", "items", "items[0].title", "items[7][title]"];
    expect(withTemplate(inForm(names.map((name) => `{{ field("${name}") }}`).join("")))).toBe("started");
    expect(withTemplate(inForm("{% for n in state.names %}{{ field(n) }}{% endfor %}"))).toBe("started");
  });

  it("that offers an event of forms in steps is refused in a plain one", () => {
    expect(withTemplate('<p {{ root() }}><button {{ on("next") }}></button></p>')).toMatch(
      /letter\.njk offers the event "next", which letter does not have/,
    );
  });

  it("is told that a component without a schema has no fields", () => {
    class Plain extends Component {}
    expect(withTemplate('<p {{ root() }}>{{ field("email") }}</p>', Plain)).toBe(
      'letter: letter.njk shows the field "email"; letter is no FormComponent.',
    );
  });

  it("may name any field where the validator does not describe its schemas", () => {
    const unknown = formOf({ schema: v.object({ email: v.string() }), sensitive: ["anything"] });
    expect(withTemplate(inForm('{{ field("emial") }}'), unknown)).toBe("started");
  });
});

describe("a form in steps does not start", () => {
  const step = { name: "one", title: "One", schema: z.object({ email: z.string(), pin: z.string() }) };
  const last = { name: "two", title: "Two", schema: z.object({ code: z.string() }) };

  function wizardOf(steps: unknown, declared: Declared = {}): ComponentClass {
    return class extends WizardComponent {
      static override template = "show";
      static override steps = steps as never;
      static override sensitive = declared.sensitive ?? [];
      static override events = declared.events ?? {};
      on_submit() {}
    };
  }

  it.each([undefined, [], [{ name: "one", title: "One" }], [step, { ...last, schema: null }]])(
    "without steps that have schemas",
    (steps) => {
      expect(problem(wizardOf(steps))).toMatch(/^letter: `static steps` needs at least one step: \[\{ name: "address"/);
    },
  );

  it("with two steps of one name, or with one field in two", () => {
    expect(problem(wizardOf([step, { ...last, name: "one" }]))).toBe('letter: two steps are called "one".');
    expect(problem(wizardOf([step, { ...step, name: "two" }]))).toBe('letter: two steps have a field "email".');
  });

  it.each([v.object({ email: v.string() }), z.string(), z.union([step.schema, last.schema])])(
    "with a step whose fields are not known, which would lose those of the others: %#",
    (unknown) => {
      expect(problem(wizardOf([step, { ...last, schema: unknown }]))).toMatch(
        /^letter: the fields of the step "two" cannot/,
      );
    },
  );

  it("with a sensitive field in an earlier step, which would be lost on the way", () => {
    expect(problem(wizardOf([step, last], { sensitive: ["pin"] }))).toBe(
      'letter: "pin" is sensitive, so it is not kept from one step to the next. Ask for it in the last step.',
    );
    expect(problem(wizardOf([step, last], { sensitive: ["code"] }))).toBe("started");
  });

  it("with fields and events it cannot have", () => {
    expect(problem(wizardOf([step, last], { sensitive: ["nobody"] }))).toBe(
      'letter: there is no field "nobody" in the schema. It has: email, pin, code.',
    );
    expect(problem(wizardOf([step, last], { events: { next: null } }))).toMatch(/"next" belongs to every form/);
    const form = { ...last, schema: z.object({ form: z.string() }) };
    expect(problem(wizardOf([step, form]))).toMatch(/a field cannot be called "form"/);
  });
});

describe("a form of a record does not start", () => {
  function editorOf(records: unknown): ComponentClass {
    return class extends ModelFormComponent {
      static override template = "show";
      static override schema = schema;
      static override records = records as never;
      identity() {
        return 1;
      }
    };
  }

  it.each([undefined, null, {}, { find: never }, new Map()])("without a store of records: %j", (records) => {
    expect(problem(editorOf(records))).toMatch(/^letter: `static records` is missing\. .*kyselyRecordStore/);
  });

  it("without identity(), and starts with both", () => {
    const complete = editorOf({ find: never, save: never });
    expect(problem(complete)).toBe("started");
    Reflect.deleteProperty(complete.prototype, "identity");
    expect(problem(complete)).toMatch(/^letter: identity\(\) is missing\. /);
  });
});
