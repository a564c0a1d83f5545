import { endOfTag } from "./html.js";

/** How a piece of HTML is made to work without JavaScript. */
export interface Enhancement {
  /** Begins the address of every event of the component, such as `/components/counter/`. */
  readonly address: string;
  /** Stands for the seal until it is made. */
  readonly seal: string;
  /** `id` of the hidden form that lone buttons submit; `undefined` where the answer is not part of a whole page. */
  readonly buttonForm: string | undefined;
  /** Hidden field that names the page, in a whole page; otherwise empty. */
  readonly pageField?: string;
}

export interface Enhanced {
  readonly html: string;
  /** Whether a lone button needs the hidden form. */
  readonly usesButtonForm: boolean;
}

const TAGS = /<(?:(\/?)form|button)\b/g;

/**
 * Gives forms that carry an event their `method`, `action` and the seal as a hidden field, and, in a whole page, lone
 * buttons the address they submit to. Reads only HTML that a template made; values in it are escaped already.
 */
export function enhance(html: string, { address, seal, buttonForm, pageField = "" }: Enhancement): Enhanced {
  let out = "";
  let copied = 0;
  let inForm = false;
  let usesButtonForm = false;
  TAGS.lastIndex = 0;
  for (let found = TAGS.exec(html); found !== null; found = TAGS.exec(html)) {
    const isForm = found[1] !== undefined;
    if (isForm) inForm = found[1] === "";
    if (found[1] === "/" || (!isForm && buttonForm === undefined)) continue;
    const end = endOfTag(html, found.index);
    if (end === -1) break;
    const tag = html.slice(found.index, end);
    const url = eventAddress(tag, address);
    if (url === undefined || / (?:form)?action="/.test(tag) || / type="button"/.test(tag)) continue;
    out += html.slice(copied, end);
    if (isForm) {
      out += ` method="post" action="${url}"><input type="hidden" name="state" value="${seal}">${pageField}`;
      copied = end + 1;
    } else {
      usesButtonForm ||= !inForm;
      out += ` formaction="${url}"${inForm ? "" : ` form="${buttonForm}"`}`;
      copied = end;
    }
  }
  return copied === 0 ? { html, usesButtonForm } : { html: out + html.slice(copied), usesButtonForm };
}

/** The address in the tag's `hx-post`, when it is one of this component's events. */
function eventAddress(tag: string, address: string): string | undefined {
  const attribute = `hx-post="${address}`;
  const at = tag.indexOf(attribute);
  if (at === -1) return undefined;
  const start = at + 'hx-post="'.length;
  return tag.slice(start, tag.indexOf('"', start));
}
