/** Countries with the cities one can travel to. */
export const places = {
  norway: { name: "Norway", cities: ["Bergen", "Oslo", "Tromsø"] },
  portugal: { name: "Portugal", cities: ["Coimbra", "Lisbon", "Porto"] },
  japan: { name: "Japan", cities: ["Kanazawa", "Kyoto", "Sapporo"] },
  chile: { name: "Chile", cities: ["Punta Arenas", "Santiago", "Valparaíso"] },
  ghana: { name: "Ghana", cities: ["Accra", "Kumasi", "Tamale"] },
} as const;

export type Country = keyof typeof places;

export const countries = Object.keys(places) as Country[];

export const countryNames = Object.fromEntries(countries.map((country) => [country, places[country].name]));

/** None for what is no country. */
export function citiesOf(country: unknown): readonly string[] {
  return countries.includes(country as Country) ? places[country as Country].cities : [];
}
