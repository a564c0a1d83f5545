import { escapeHtml } from "hydrant";

type Language = "class" | "template";

/** Pieces of text that get a colour; the name of the group ends the class of the span. */
const PIECES: Readonly<Record<Language, RegExp>> = {
  class: new RegExp(
    [
      String.raw`(?<comment>\/\*[\s\S]*?\*\/|\/\/[^\n]*)`,
      String.raw`(?<text>"(?:[^"\\\n]|\\.)*"|\`(?:[^\`\\]|\\.)*\`)`,
      String.raw`(?<word>\b(?:as|async|await|class|const|export|extends|for|from|function|if|import|interface|` +
        String.raw`new|override|private|readonly|return|static|this|throw|type|typeof|get)\b)`,
      String.raw`(?<number>\b\d[\d_]*\b)`,
    ].join("|"),
    "g",
  ),
  template: new RegExp(
    [
      String.raw`(?<live>\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\})`,
      String.raw`(?<word><\/?[a-z][a-z0-9]*|\/?>)`,
      '(?<text>"[^"{]*")',
    ].join("|"),
    "g",
  ),
};

/** Source text as HTML with a span around what has a colour. Reads single tokens only, which is enough to look at. */
export function tint(source: string, language: Language): string {
  let html = "";
  let copied = 0;
  for (const found of source.matchAll(PIECES[language])) {
    const [kind] = Object.entries(found.groups ?? {}).find(([, text]) => text !== undefined) ?? [];
    html += `${escapeHtml(source.slice(copied, found.index))}<span class="tint-${kind}">${escapeHtml(found[0])}</span>`;
    copied = found.index + found[0].length;
  }
  return html + escapeHtml(source.slice(copied));
}
