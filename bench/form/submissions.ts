import type { Values } from "./contact.js";

/** What somebody fills in, and what becomes of it. */
export const SUBMISSIONS = {
  failing: {
    name: "",
    email: "ada.example.org",
    phone: "+44 20 7946 0000",
    company: "Analytical Engines",
    street: "12 St James Square",
    city: "London",
    postcode: "?",
    country: "FR",
    guests: "99",
    message: "Too short",
  },
  passing: {
    name: "Ada Lovelace",
    email: "ada@example.org",
    phone: "+44 20 7946 0000",
    company: "Analytical Engines",
    street: "12 St James Square",
    city: "London",
    postcode: "SW1Y 4JH",
    country: "FR",
    guests: "4",
    message: "We would like to see the engine, and hear how it weaves algebraic patterns.",
  },
} as const satisfies Record<string, Values>;

export type Kind = keyof typeof SUBMISSIONS;
