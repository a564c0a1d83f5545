import { z } from "zod";
import { citiesOf, countries, countryNames } from "./places.js";

const today = () => new Date().toISOString().slice(0, 10);

const trip = z
  .object({
    country: z.enum(countries, "Choose a country.").meta({ choices: countryNames }),
    city: z.string().min(1, "Choose a city."),
    departure: z.iso.date("Choose a day.").refine((day) => day >= today(), "Choose a day to come."),
    nights: z.number("How many?").multipleOf(1, "Whole ones only.").min(1, "At least one.").max(30, "At most 30."),
  })
  .refine(({ country, city }) => city === "" || citiesOf(country).includes(city), {
    path: ["city"],
    error: "Choose a city of this country.",
  });

const Traveller = z.object({
  name: z.string().trim().min(1, "Say who travels.").max(80, "Keep it under 80 characters."),
  age: z.number("How old?").multipleOf(1, "Whole years only.").min(0, "Not born yet?").max(120, "At most 120."),
});

const people = z.object({
  travellers: z.array(Traveller).min(1, "Nobody travels?").max(6, "At most six travel together."),
  email: z.email("Use an address such as ada@example.org."),
});

const check = z.object({
  wishes: z.string().trim().max(500, "Keep it under 500 characters."),
  agreed: z.literal(true, "Please look at it once more.").meta({ title: "All of this is right" }),
});

export const steps = [
  { name: "trip", title: "Your trip", schema: trip },
  { name: "people", title: "Travellers", schema: people },
  { name: "check", title: "Check and send", schema: check },
] as const;

export const Booked = z.object({
  number: z.number(),
  where: z.string(),
  departure: z.string(),
  nights: z.number(),
  travellers: z.array(Traveller),
  wishes: z.string(),
});
