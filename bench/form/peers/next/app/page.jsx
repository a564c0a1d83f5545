"use client";

import { useActionState } from "react";
import { COUNTRIES, FIELDS } from "../fields.js";
import { send } from "./send.js";

function Control({ name, control, value, error }) {
  const attributes = {
    id: name,
    name,
    defaultValue: value,
    "aria-invalid": error === undefined ? undefined : true,
    "aria-describedby": error === undefined ? undefined : `${name}-error`,
  };
  if (control === "textarea") return <textarea {...attributes} />;
  if (control !== "select") return <input type={control} {...attributes} />;
  return (
    // A new one for a new value: React resets a form after its action, and a select to its first option.
    <select key={value} {...attributes}>
      {COUNTRIES.map((country) => (
        <option key={country}>{country}</option>
      ))}
    </select>
  );
}

export default function Page() {
  const [{ sent, values, errors }, action] = useActionState(send, {});
  if (sent) return <p role="status">Thank you, we will write to you.</p>;
  return (
    <form action={action}>
      {FIELDS.map(({ name, label, control }) => (
        <p key={name}>
          <label htmlFor={name}>{label}</label>
          <Control name={name} control={control} value={values?.[name]} error={errors?.[name]} />
          {errors?.[name] && <span id={`${name}-error`}>{errors[name]}</span>}
        </p>
      ))}
      <button type="submit">Send</button>
    </form>
  );
}
