import { type CheerioAPI, load } from "cheerio";

type Found = ReturnType<CheerioAPI>;

/** Names and values in the order a browser sends them. */
type Entries = readonly (readonly [name: string, value: string])[];

function optionsSent($: CheerioAPI, select: Found): string[] {
  const all = select.find("option").toArray();
  const picked = all.filter((option) => $(option).attr("selected") !== undefined);
  const sent = select.attr("multiple") !== undefined || picked.length > 0 ? picked : all.slice(0, 1);
  return sent.map((option) => $(option).attr("value") ?? $(option).text());
}

function valuesSent($: CheerioAPI, control: Found): string[] {
  if (control.is("select")) return optionsSent($, control);
  if (control.is("textarea")) return [control.text()];
  if (control.is("[type=file]")) return [];
  if (control.is("[type=checkbox], [type=radio]")) {
    return control.attr("checked") === undefined ? [] : [control.attr("value") ?? "on"];
  }
  return [control.attr("value") ?? ""];
}

function controlsOf(html: string): { readonly $: CheerioAPI; readonly controls: Found[] } {
  const $ = load(html);
  const controls = $("form[data-form]").first().find("input, select, textarea").toArray();
  return { $, controls: controls.map((control) => $(control)) };
}

/** What a browser sends when the form is submitted as it stands. */
export function sentBy(html: string): Entries {
  const { $, controls } = controlsOf(html);
  return controls.flatMap((control) => {
    const name = control.attr("name") ?? "";
    if (name === "" || control.attr("disabled") !== undefined) return [];
    return valuesSent($, control).map((value) => [name, value] as const);
  });
}

/** What is entered, by name: all that a browser sends but what the page adds. */
export function enteredIn(html: string): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  for (const [name, value] of sentBy(html)) {
    if (name === "state" || name.startsWith("_")) continue;
    const before = fields[name];
    fields[name] = before === undefined ? value : [before, value].flat();
  }
  return fields;
}

function linesOf($: CheerioAPI, place: Found): string[] {
  const items = place.find("li").toArray();
  return place.length === 0 || items.length > 0 ? items.map((item) => $(item).text()) : [place.text()];
}

/**
 * Messages as they stand beside their fields, by name.
 * @throws when a field is not marked for everybody: its controls as invalid, and described by the messages.
 */
export function messagesIn(html: string): Record<string, readonly string[]> {
  const $ = load(html);
  const found: Record<string, readonly string[]> = {};
  for (const element of $("[data-field]").toArray()) {
    const field = $(element);
    const name = field.attr("data-field") ?? "";
    const place = field.children("[data-field-error]");
    const controls = field.find("input, select, textarea").filter((_, one) => $(one).attr("name") === name);
    const marked = [...controls.toArray().map((one) => $(one)), ...(field.is("fieldset") ? [field] : [])];
    const isShown = place.length === 1;
    for (const one of marked) {
      const described = (one.attr("aria-describedby") ?? "").split(" ").includes(place.attr("id") ?? "nothing");
      const isInvalid = one.is("fieldset") || one.attr("aria-invalid") === "true";
      if (described !== isShown || isInvalid !== (isShown || one.is("fieldset"))) {
        throw new Error(`${name} is not marked as it should be: ${$.html(one)}`);
      }
    }
    if (isShown !== (field.attr("data-invalid") !== undefined)) throw new Error(`${name} is not marked`);
    if (isShown) found[name] = linesOf($, place);
  }
  return found;
}

/** Lines of the summary, and whether each leads to a control or a group of the page. */
export function summaryIn(html: string): {
  readonly whole: string[];
  readonly lines: string[];
  readonly dead: string[];
} {
  const $ = load(html);
  const place = $("[data-form-errors]");
  const links = place.find("a").toArray();
  const isDead = (address: string): boolean => $(`[id="${address.slice(1)}"]`).length !== 1;
  return {
    whole: place
      .children("p")
      .toArray()
      .map((line) => $(line).text()),
    lines: links.map((link) => $(link).text()),
    dead: links.map((link) => $(link).attr("href") ?? "").filter(isDead),
  };
}
