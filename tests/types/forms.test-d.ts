import {
  type ComponentClass,
  type FieldChange,
  FormComponent,
  type FormErrors,
  type FormHelpers,
  ModelFormComponent,
  type RecordStore,
  type Step,
  type UploadedFile,
  type UploadStore,
  WizardComponent,
  type WizardData,
} from "hydrant";
import * as v from "valibot";
import { describe, expectTypeOf, test } from "vitest";
import { z } from "zod";

const schema = z
  .object({
    email: z.email(),
    guests: z.coerce.number().default(1),
    day: z.date(),
    photos: z.array(z.custom<UploadedFile>()),
  })
  .refine(({ guests }) => guests > 0);

interface Sent {
  email: string;
  guests: number;
  day: Date;
  photos: UploadedFile[];
}

class Contact extends FormComponent<typeof schema, { count: number }, { id: string }> {
  static override readonly template = "contact";
  static override readonly schema = schema;
  static override readonly sensitive = ["email"];
  static override readonly uploads = { photos: { maxBytes: 5, maxFiles: 2, types: ["image/*"] } };

  override initial() {
    return { guests: 2 };
  }
  on_submit(data: z.output<typeof schema>): void {
    this.state.count += data.guests;
  }
}

describe("a form", () => {
  test("hands on_submit what its schema lets through, and the same as validatedData", () => {
    expectTypeOf<Contact["on_submit"]>().parameters.toEqualTypeOf<[Sent]>();
    expectTypeOf<Contact["validatedData"]>().toEqualTypeOf<Sent>();
    class Plain extends FormComponent<typeof schema> {
      on_submit(data: Parameters<FormComponent<typeof schema>["on_submit"]>[0]): void {
        expectTypeOf(data).toEqualTypeOf<Sent>();
        expectTypeOf(this.validatedData.day).toEqualTypeOf<Date>();
        // @ts-expect-error -- the schema calls it "email"
        void data.mail;
        // @ts-expect-error -- by now it is a number
        data.guests.trim();
      }
    }
    expectTypeOf(Plain).toExtend<ComponentClass>();
  });

  test("takes schemas of other validators", () => {
    const other = v.object({ name: v.string(), age: v.optional(v.number(), 1) });
    class Other extends FormComponent<typeof other> {
      static override readonly schema = other;
      on_submit(data: v.InferOutput<typeof other>): void {
        expectTypeOf(this.validatedData).toEqualTypeOf(data);
      }
    }
    expectTypeOf<Other["validatedData"]>().toEqualTypeOf<{ name: string; age: number }>();
  });

  test("remembers what every form does, and what the author adds", () => {
    type State = Contact["state"];
    expectTypeOf<State["touched"]>().toEqualTypeOf<string[]>();
    expectTypeOf<State["formData"]>().toEqualTypeOf<Record<string, unknown>>();
    expectTypeOf<State["submitted"]>().toBeBoolean();
    expectTypeOf<State["count"]>().toBeNumber();
    expectTypeOf<Contact["params"]>().toEqualTypeOf<{ id: string }>();
    expectTypeOf<Contact["errors"]["form"]>().toEqualTypeOf<readonly string[]>();
    expectTypeOf<Contact["fieldErrors"]>().toEqualTypeOf<FormErrors>();
    expectTypeOf<Contact["validate"]>().returns.resolves.toBeBoolean();
    expectTypeOf<Contact["on_field_change"]>().parameter(0).toEqualTypeOf<FieldChange>();
    expectTypeOf<FieldChange["value"]>().toBeUnknown();
  });

  test("is a component like any other", () => {
    expectTypeOf<typeof Contact>().toExtend<ComponentClass>();
  });

  test("has to say what is done with what was sent", () => {
    // @ts-expect-error -- on_submit is missing
    class Silent extends FormComponent<typeof schema> {}
    expectTypeOf(Silent).not.toBeAny();
  });

  test("takes nothing from on_submit that its schema does not give", () => {
    class Wrong extends FormComponent<typeof schema> {
      // @ts-expect-error -- guests is a number
      on_submit(_data: { guests: string }): void {}
    }
    expectTypeOf<Wrong>().not.toBeAny();
  });

  test("is described by schemas, names and rules of their own shape", () => {
    // @ts-expect-error -- not a schema
    class Schemas extends FormComponent<typeof schema> {
      static override readonly schema = { email: "string" };
      on_submit(): void {}
    }
    // @ts-expect-error -- names stand in a list
    class Names extends FormComponent<typeof schema> {
      static override readonly sensitive = "email";
      on_submit(): void {}
    }
    // @ts-expect-error -- a number of bytes
    class Rules extends FormComponent<typeof schema> {
      static override readonly uploads = { photos: { maxBytes: "5 MB" } };
      on_submit(): void {}
    }
    // @ts-expect-error -- files need a bound
    class Boundless extends FormComponent<typeof schema> {
      static override readonly uploads = { photos: { types: ["image/png"] } };
      on_submit(): void {}
    }
    expectTypeOf<[Schemas, Names, Rules, Boundless]>().not.toBeAny();
  });

  test("keeps what only it may change to itself", () => {
    const contact = {} as Contact;
    // @ts-expect-error -- made by validation
    contact.validatedData = {};
    // @ts-expect-error -- read from the class when the server starts
    void contact.parts;
    // @ts-expect-error -- only the form's own events take something in
    contact.take({}, true);
  });
});

const steps = [
  { name: "trip", title: "Your trip", schema: z.object({ from: z.string(), days: z.number() }) },
  { name: "pay", title: "Pay", schema: z.object({ pin: z.string().transform(Number) }) },
] as const;

class Booking extends WizardComponent<typeof steps, { price: number }> {
  static override readonly template = "booking";
  static override readonly steps = steps;
  on_submit(data: WizardData<typeof steps>): void {
    this.state.price = data.days;
  }
}

describe("a form in steps", () => {
  test("ends with what all its steps let through together", () => {
    type Data = { from: string; days: number } & { pin: number };
    expectTypeOf<WizardData<typeof steps>>().branded.toEqualTypeOf<Data>();
    expectTypeOf<Booking["on_submit"]>().parameter(0).branded.toEqualTypeOf<Data>();
    expectTypeOf<Booking["validatedData"]>().branded.toEqualTypeOf<Data>();
    expectTypeOf<Booking["validatedData"]["pin"]>().toBeNumber();
  });

  test("remembers the step, and what the author adds", () => {
    expectTypeOf<Booking["state"]["step"]>().toBeNumber();
    expectTypeOf<Booking["state"]["price"]>().toBeNumber();
    expectTypeOf<typeof Booking>().toExtend<ComponentClass>();
    expectTypeOf<(typeof steps)[number]>().toExtend<Step>();
  });

  test("gives no step's fields a type of their own choice", () => {
    class Wrong extends WizardComponent<typeof steps> {
      // @ts-expect-error -- pin is a number by now
      on_submit(_data: { pin: string }): void {}
    }
    class Missing extends WizardComponent<typeof steps> {
      // @ts-expect-error -- no step asks for a name
      on_submit(_data: { name: string }): void {}
    }
    // @ts-expect-error -- a step has a title and a schema
    class Untitled extends WizardComponent<[{ name: "one" }]> {
      on_submit(): void {}
    }
    expectTypeOf<[Wrong, Missing, Untitled]>().not.toBeAny();
  });
});

interface Customer {
  id: number;
  name: string;
  owner: string;
}

declare const records: RecordStore<Customer, number>;
const customerSchema = z.object({ name: z.string() });

class Editor extends ModelFormComponent<typeof customerSchema, Customer, number, { id: number }> {
  static override readonly template = "editor";
  static override readonly schema = customerSchema;
  static override readonly records = records;
  identity(): number {
    return this.params.id;
  }
  override mayEdit({ owner }: Customer): boolean {
    return owner === this.caller.user?.id;
  }
  override saved({ name }: z.output<typeof customerSchema>): void {
    this.trigger("saved", { name });
  }
}

describe("a form of a record", () => {
  test("knows the record, its identity and what is saved", () => {
    expectTypeOf<Editor["mayEdit"]>().parameter(0).toEqualTypeOf<Customer>();
    expectTypeOf<Editor["identity"]>().returns.toBeNumber();
    expectTypeOf<Editor["saved"]>().parameter(0).toEqualTypeOf<{ name: string }>();
    expectTypeOf<Editor["state"]["version"]>().toBeNumber();
    expectTypeOf<Editor["state"]["conflicts"]>().toEqualTypeOf<Record<string, string>>();
    expectTypeOf<typeof Editor>().toExtend<ComponentClass>();
  });

  test("needs an identity of the kind its records have, and a store", () => {
    // @ts-expect-error -- which record?
    class Nobody extends ModelFormComponent<typeof customerSchema, Customer, number> {}
    class Text extends ModelFormComponent<typeof customerSchema, Customer, number> {
      // @ts-expect-error -- the records have numbers
      identity(): string {
        return "1";
      }
    }
    // @ts-expect-error -- a store can find and save
    class Stored extends ModelFormComponent<typeof customerSchema, Customer, number> {
      static override readonly records = new Map<number, Customer>();
      identity(): number {
        return 1;
      }
    }
    expectTypeOf<[Nobody, Text, Stored]>().not.toBeAny();
  });

  test("decides with a yes or a no", () => {
    class Vague extends Editor {
      // @ts-expect-error -- a name is no answer
      override mayEdit({ owner }: Customer): string {
        return owner;
      }
    }
    expectTypeOf<Vague>().not.toBeAny();
  });
});

describe("helpers and stores", () => {
  test("take the options they know", () => {
    const { field, form, remove_row } = {} as FormHelpers;
    expectTypeOf(field).toBeCallableWith("email", {
      label: "E-mail",
      rows: 4,
      choices: ["a", { value: 1, label: "b" }],
    });
    expectTypeOf(form).toBeCallableWith({ check: true, guard: true, native: false, event: "submit" });
    // @ts-expect-error -- a field has a name
    field();
    // @ts-expect-error -- there is no such option
    field("email", { lable: "E-mail" });
    // @ts-expect-error -- rows have numbers
    remove_row("items", "first");
  });

  test("files are read, kept and removed by their key", () => {
    expectTypeOf<UploadedFile>().toEqualTypeOf<{
      readonly key: string;
      readonly name: string;
      readonly size: number;
      readonly type: string;
    }>();
    expectTypeOf<UploadStore["keep"]>().returns.resolves.toBeBoolean();
  });
});
