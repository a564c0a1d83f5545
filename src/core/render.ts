import type { SlotContent } from "./composition.js";
import type { Definition } from "./definition.js";
import { enhance } from "./enhance.js";
import { DefinitionError, ERRORS, type ErrorCode, HydrantError } from "./errors.js";
import { WHOLE_FORM } from "./form/parts.js";
import { endOfTag, escapeHtml, findAttribute } from "./html.js";
import { PAGE_FIELD } from "./names.js";
import { offersIn } from "./offers.js";
import { MARK_END, sealMark } from "./placing.js";
import type { UploadedFile } from "./uploads.js";
import { createView, type Placement, type Refusal, type Scope } from "./view.js";

/** What one run of a template needs beside the state. */
export interface RenderRequest {
  readonly definition: Definition;
  readonly id: string;
  readonly rev: number;
  readonly base: string;
  readonly mark: string;
  /** The answer is part of a whole page, so it must also work without JavaScript. */
  readonly wholePage: boolean;
  /** Path of that page, which a form posts along: the address bar may show the event's own address by then. */
  readonly page: string | undefined;
  readonly slots: ReadonlyMap<string, SlotContent>;
  readonly kept: ReadonlySet<string>;
  readonly refusal: Refusal | undefined;
  /** A code whose sentence goes to the error place. */
  readonly notice: ErrorCode | undefined;
  readonly knows: (component: string) => boolean;
  /** Events the caller may not send. */
  readonly refused: ReadonlySet<string>;
  readonly sealFile: (file: UploadedFile) => string;
  /** The event that a form sends. */
  readonly sends?: string | undefined;
}

/** HTML of one root, with marks where its seal and its children belong. */
export interface Rendered {
  readonly html: string;
  /** Name of the root's element, in lower case. */
  readonly tag: string;
  readonly placements: readonly Placement[];
  readonly filled: readonly string[];
  readonly keepsSlot: boolean;
  /** What can be called, where only offered events can. */
  readonly offers: readonly string[];
}

const ROOT_TAG = /^<([a-zA-Z][a-zA-Z0-9-]*)/;
/** Elements that may not hold a `div`; their templates bring an error place of their own, or have none. */
const STRICT_PARENTS: ReadonlySet<string> = new Set([
  "tr",
  "tbody",
  "thead",
  "tfoot",
  "table",
  "ul",
  "ol",
  "dl",
  "select",
  "p",
]);
const ERROR_PLACE = "data-component-error";
/**
 * Says that the form is complete. The button comes before all others, so that Enter in a field sends the form and does
 * not press the first button that removes a row.
 */
const WHOLE_FORM_FIELD = `<input type="hidden" name="${WHOLE_FORM}" value="1"><button hidden></button>`;

/** Runs a component's template and completes what it wrote. */
export function renderTemplate(request: RenderRequest, state: object, params: object, extra: object): Rendered {
  const scope = createScope(request);
  const view = createView(scope, state, params, extra as Record<string, unknown>);
  let written: string;
  try {
    written = request.definition.template(view).trim();
  } catch (cause) {
    throw new HydrantError("internal", `the template ${request.definition.templateName} failed`, { cause });
  }
  const enhanced = enhanceIn(request, scope, written);
  const root = findRoot(scope, enhanced);
  const html = complete(request, scope, enhanced, root);
  const { placements, filled, keepsSlot, offers } = scope;
  return { html, tag: root.tag, placements, filled: [...filled], keepsSlot, offers: [...offers] };
}

function createScope(request: RenderRequest): Scope {
  const { definition, id, rev, base, mark, slots, kept, refusal, knows, refused, sealFile, wholePage, sends } = request;
  const scope: Scope = {
    definition,
    id,
    rev,
    base,
    mark,
    slots,
    kept,
    refusal,
    knows,
    refused,
    sealFile,
    wholePage,
    sends,
    placements: [],
    keys: new Set(),
    filled: new Set(),
    claimed: new Set(),
    enhance: (html) => enhanceIn(request, scope, html),
    keepsSlot: false,
    root: "",
    written: undefined,
    offers: new Set(),
    hasFocus: false,
    needsButtonForm: false,
  };
  return scope;
}

function enhanceIn(request: RenderRequest, scope: Scope, html: string): string {
  const { written, definition } = scope;
  if (written === undefined) return html;
  const address = `${request.base}/${definition.name}/`;
  if (definition.sealedOffers) for (const offer of offersIn(html, address, written)) scope.offers.add(offer);
  const enhanced = enhance(html, {
    address,
    seal: sealMark(scope),
    buttonForm: request.wholePage ? `${request.id}--form` : undefined,
    pageField: (definition.form === undefined ? "" : WHOLE_FORM_FIELD) + pageField(request),
  });
  scope.needsButtonForm ||= enhanced.usesButtonForm;
  return enhanced.html;
}

function pageField({ wholePage, page }: RenderRequest): string {
  if (!wholePage || page === undefined) return "";
  return `<input type="hidden" name="${PAGE_FIELD}" value="${escapeHtml(page)}">`;
}

/** The root's tag in what a template wrote. */
interface Root {
  /** Name of the element, in lower case. */
  readonly tag: string;
  /** Index behind the attributes that root() wrote. */
  readonly end: number;
}

function findRoot(scope: Scope, html: string): Root {
  const { templateName, name } = scope.definition;
  const tag = ROOT_TAG.exec(html)?.[1];
  const at = html.indexOf(scope.root);
  // The attributes stand in the first tag when no tag ends before them.
  if (scope.root === "" || tag === undefined || at === -1 || endOfTag(html.slice(0, at), 0) !== -1) {
    throw new DefinitionError(
      `${templateName} must begin with one element that carries {{ root() }}, such as <section {{ root() }}>. ` +
        `It is the template of "${name}".`,
    );
  }
  return { tag: tag.toLowerCase(), end: at + scope.root.length };
}

/** Adds the error place, what it says, and what lets forms and buttons work without JavaScript. */
function complete(request: RenderRequest, scope: Scope, html: string, { tag, end }: Root): string {
  const message = noticeHtml(request, scope);
  const form = scope.needsButtonForm
    ? `<form id="${request.id}--form" method="post" hidden><input type="hidden" name="state" value="${sealMark(scope)}">${pageField(request)}</form>`
    : "";
  const own = findAttribute(html, ERROR_PLACE);
  if (own !== -1) {
    const withMessage = message === "" ? html : insertAfterTag(html, own, message);
    return form === "" || STRICT_PARENTS.has(tag) ? withMessage : insertAfterTag(withMessage, end, form);
  }
  if (STRICT_PARENTS.has(tag)) return html;
  return insertAfterTag(html, end, `<div ${ERROR_PLACE} aria-live="polite">${message}</div>${form}`);
}

function insertAfterTag(html: string, from: number, text: string): string {
  const end = endOfTag(html, from);
  return html.slice(0, end + 1) + text + html.slice(end + 1);
}

/** The notice, and the messages for fields whose template shows none of its own. */
function noticeHtml({ notice }: RenderRequest, scope: Scope): string {
  if (notice === undefined && scope.refusal === undefined) return "";
  const unclaimed = Object.entries(scope.refusal?.errors ?? {})
    .filter(([field]) => !scope.claimed.has(field))
    .map(([field, messages]) =>
      field === "" || (field === "form" && scope.definition.form !== undefined)
        ? messages.join(" ")
        : `${field}: ${messages.join(" ")}`,
    );
  const lines = notice === undefined ? unclaimed : [ERRORS[notice].text, ...unclaimed];
  const code = notice ?? "invalid";
  return lines.map((text) => `<p role="alert" data-code="${code}">${escapeHtml(text)}</p>`).join("");
}

/** Puts children and the seal where this template left its marks; marks of others stay for their own turn. */
export function fillMarks(html: string, mark: string, id: string, seal: string, children: readonly string[]): string {
  const ending = `:${id}${MARK_END}`;
  let out = "";
  let copied = 0;
  for (let at = html.indexOf(mark); at !== -1; at = html.indexOf(mark, at + mark.length)) {
    const end = html.indexOf(MARK_END, at) + MARK_END.length;
    if (!html.startsWith(ending, end - ending.length)) continue;
    const kind = html.slice(at + mark.length, end - ending.length);
    out += html.slice(copied, at);
    // A child's slots may hold HTML of this template, with marks of its own.
    out += kind === "s" ? seal : fillMarks(children[Number(kind)] ?? "", mark, id, seal, children);
    copied = end;
  }
  return copied === 0 ? html : out + html.slice(copied);
}
