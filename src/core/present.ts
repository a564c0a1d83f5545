import type { Fragment, PagePartial } from "./calls.js";
import type { SlotContent } from "./composition.js";
import type { ErrorCode } from "./errors.js";
import { SafeHtml } from "./html.js";
import { childId } from "./identity.js";
import { type LiveInstance, runAuthored } from "./instance.js";
import { fillMarks, type Rendered, renderTemplate } from "./render.js";
import type { Snapshot } from "./state.js";
import type { Turn } from "./turn.js";
import type { UploadedFile } from "./uploads.js";
import type { Placement, Refusal } from "./view.js";

/** What to show beside the state. */
export interface Presentation {
  /** What the parent or the page puts into the slots. */
  readonly slots?: Readonly<Record<string, SlotContent>>;
  readonly refusal?: Refusal | undefined;
  /** Why the instance was started anew, for its error place. */
  readonly notice?: ErrorCode | undefined;
  /** Levels of components above this one. */
  readonly level?: number;
  /** Whether `beforeRender` has run already. */
  readonly isPrepared?: boolean;
  /** Told what was sealed. */
  readonly sealed?: (snapshot: Snapshot) => void;
}

/** A fragment, the tag of its root, and what else on the page changed with it. */
export interface Presented {
  readonly fragment: Fragment;
  readonly tag: string;
  readonly partials: readonly PagePartial[];
  /** Whether there are no other instances in it. */
  readonly alone: boolean;
  /** Events it does not offer because the caller may not send them. */
  readonly refused?: ReadonlySet<string>;
}

/** What presenting needs from the lifecycle: a seal, and a way to place a child. */
export interface Presenter {
  refusedEvents(live: LiveInstance): Promise<ReadonlySet<string>>;
  sealFile(component: string, file: UploadedFile): string;
  seal(live: LiveInstance, snapshot: Snapshot): Promise<string> | string;
  placeChild(placement: Placement, id: string, level: number): Promise<Presented>;
}

const NONE_REFUSED: ReadonlySet<string> = new Set();

/** 2026-01-01. A mount's revision counts milliseconds from here, so a later mount of an id is always newer than any step of an earlier one. */
const FIRST_REV_AT = 1_767_225_600_000;

function nextRev(live: LiveInstance, now: number): number {
  return live.previous === undefined ? Math.max(1, now - FIRST_REV_AT) : live.previous.rev + 1;
}

/** The author's last word before an instance is rendered. */
export function prepare({ component, definition }: LiveInstance, turn: Turn): void | Promise<void> {
  return runAuthored(turn, `${definition.name}.beforeRender()`, () => component.beforeRender());
}

/** Renders an instance with its children and seals its state: the last steps of every call that shows something. */
export async function present(
  live: LiveInstance,
  turn: Turn,
  presenter: Presenter,
  { slots = {}, refusal, notice, level = 0, isPrepared = false, sealed }: Presentation,
): Promise<Presented> {
  const { runtime } = turn;
  const { component, definition, id, previous } = live;
  if (!isPrepared) await prepare(live, turn);
  const now = runtime.clock.now();
  const rev = nextRev(live, now);
  const onPage = turn.wholePage ? undefined : previous;
  const refused = definition.guarded.length === 0 ? NONE_REFUSED : await presenter.refusedEvents(live);
  const rendered = renderTemplate(
    {
      definition,
      sends: definition.form?.sends(component),
      refused,
      sealFile: (file) => presenter.sealFile(definition.name, file),
      id,
      rev,
      base: turn.base,
      mark: runtime.mark,
      wholePage: turn.wholePage,
      page: turn.page,
      slots: slotContents(slots, live),
      kept: new Set(onPage?.filled),
      refusal: definition.form === undefined ? refusal : definition.form.shown(component, refusal),
      notice,
      knows: (name) => runtime.definitions.has(name),
    },
    component.state,
    component.params,
    definition.form === undefined
      ? component.getContext()
      : { ...component.getContext(), ...definition.form.values(component) },
  );
  const children = await placeChildren(rendered, live, onPage, presenter, level, turn);
  const snapshot: Snapshot = {
    issued: Math.floor(now / 1000),
    lifetime: runtime.sealSeconds,
    rev,
    version: definition.version,
    state: component.dehydrated(),
    params: live.given,
    children: children.tags,
    filled: rendered.filled,
    offers: rendered.offers,
  };
  const seal = await presenter.seal(live, snapshot);
  sealed?.(snapshot);
  const fill = (html: string): string => fillMarks(html, runtime.mark, id, seal, children.html);
  return {
    tag: rendered.tag,
    fragment: { html: fill(rendered.html), state: seal, component_id: id, slots: slotTexts(slots, fill) },
    partials: children.partials.map((partial) => ({ ...partial, html: fill(partial.html) })),
    alone: rendered.placements.length === 0 && !rendered.keepsSlot,
    refused,
  };
}

function slotContents(slots: Readonly<Record<string, SlotContent>>, { fills }: LiveInstance): Map<string, SlotContent> {
  const contents = new Map(Object.entries(slots));
  for (const [name, content] of fills) contents.set(name, content);
  return contents;
}

function slotTexts(
  slots: Readonly<Record<string, SlotContent>>,
  fill: (html: string) => string,
): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [name, content] of Object.entries(slots))
    if (content instanceof SafeHtml) texts[name] = fill(content.value);
  return texts;
}

interface PlacedChildren {
  readonly html: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly partials: readonly PagePartial[];
}

const NO_CHILDREN: PlacedChildren = { html: [], tags: {}, partials: [] };

function placeChildren(
  rendered: Rendered,
  live: LiveInstance,
  onPage: Snapshot | undefined,
  presenter: Presenter,
  level: number,
  turn: Turn,
): PlacedChildren | Promise<PlacedChildren> {
  const nothing = rendered.placements.length === 0 && !rendered.keepsSlot;
  return nothing ? NO_CHILDREN : placeAll(rendered, live, onPage?.children ?? {}, presenter, level, turn);
}

async function placeAll(
  { placements, keepsSlot }: Rendered,
  live: LiveInstance,
  earlier: Snapshot["children"],
  presenter: Presenter,
  level: number,
  { runtime }: Turn,
): Promise<PlacedChildren> {
  const placed = await Promise.all(
    placements.map((placement): Presented | Promise<Presented> => {
      const id = childId(live.id, placement.key, runtime.sealer);
      const tag = Object.hasOwn(earlier, placement.key) ? earlier[placement.key] : undefined;
      return tag === undefined ? presenter.placeChild(placement, id, level + 1) : keepChild(placement, id, tag);
    }),
  );
  // Children inside a slot that was kept as it is are not placed again, and stay.
  const tags: Record<string, string> = keepsSlot ? { ...earlier } : {};
  placements.forEach(({ key }, index) => {
    tags[key] = (placed[index] as Presented).tag;
  });
  return {
    html: placed.map(({ fragment }) => fragment.html),
    tags,
    partials: placed.flatMap(({ partials }) => partials),
  };
}

/** A child the page already has: an empty stand-in, for which the client leaves the child as it is. */
function keepChild({ composition }: Placement, id: string, tag: string): Presented {
  const partials = Object.entries(composition.slots).flatMap(([name, content]): PagePartial[] =>
    content instanceof SafeHtml ? [{ target: `${id}--${name}`, swap: "innerMorph", html: content.value }] : [],
  );
  const html = `<${tag} id="${id}" data-keep></${tag}>`;
  return { tag, fragment: { html, state: "", component_id: id, slots: {} }, partials, alone: true };
}
