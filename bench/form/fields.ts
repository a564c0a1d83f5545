export interface Field {
  readonly name: string;
  readonly label: string;
  /** What a person fills in: a kind of `<input>`, or one of the other two controls. */
  readonly control: "text" | "email" | "tel" | "number" | "select" | "textarea";
}

export const COUNTRIES = ["AT", "CH", "DE", "FR", "NL"] as const;

/** The ten fields, in their order. Apart from the schema, so that no peer's browser has to load a validator. */
export const FIELDS: readonly Field[] = [
  { name: "name", label: "Name", control: "text" },
  { name: "email", label: "E-mail", control: "email" },
  { name: "phone", label: "Phone", control: "tel" },
  { name: "company", label: "Company", control: "text" },
  { name: "street", label: "Street", control: "text" },
  { name: "city", label: "City", control: "text" },
  { name: "postcode", label: "Postcode", control: "text" },
  { name: "country", label: "Country", control: "select" },
  { name: "guests", label: "Guests", control: "number" },
  { name: "message", label: "Message", control: "textarea" },
];
