import { formatName } from "../form/names.js";

/**
 * A validator in the shape of Standard Schema v1, which Zod, Valibot, ArkType and others carry.
 * Written out here so that the core needs no validator at run time.
 *
 * Source: https://standardschema.dev, interface `StandardSchemaV1`.
 */
export interface Schema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** The value a schema let through, or why it did not. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong, and where: `path` holds the keys from the outside in. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema lets through. */
export type Output<S> = S extends Schema<infer _Input, infer Out> ? Out : never;

/** Validates without a promise where the schema answers at once, so that the usual event costs no extra turn. */
export function validate<Out>(
  schema: Schema<unknown, Out>,
  value: unknown,
): SchemaResult<Out> | Promise<SchemaResult<Out>> {
  return schema["~standard"].validate(value);
}

/**
 * Issues by field, spelled as controls are named: `{ "items[0].name": ["Too short"] }`. Issues about the whole value
 * stand under `""`.
 */
export function fieldErrors(issues: readonly SchemaIssue[]): Record<string, string[]> {
  const errors: Record<string, string[]> = Object.create(null);
  for (const { path = [], message } of issues) {
    const key = formatName(path.map((part) => (typeof part === "object" ? part.key : part)));
    const messages = errors[key];
    if (messages === undefined) errors[key] = [message];
    else messages.push(message);
  }
  return errors;
}
