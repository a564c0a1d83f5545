import { load } from "cheerio";

/** Text of the first element that fits the selector. */
export function textIn({ html }: { readonly html: string }, selector: string): string {
  return load(html)(selector).first().text();
}

/** What the first `output` of a fragment shows. */
export function outputIn(fragment: { readonly html: string }): string {
  return textIn(fragment, "output");
}
