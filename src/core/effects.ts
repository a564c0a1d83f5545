import { HydrantError } from "./errors.js";

/** Another instance on the page that is mounted anew with the answer. */
export interface RefreshRequest {
  /**
   * The key it was placed with: `component("detail", key="detail")`. A child of this instance that the page shows is
   * meant first; then one beside it, in the same parent or the same page.
   */
  readonly key: string;
  /** Name of the component to mount there. */
  readonly component: string;
  /** Checked by the component's `static params`. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** What a handler asked for beside the HTML. */
export interface Effects {
  redirect: string | undefined;
  pushUrl: string | undefined;
  replaceUrl: string | undefined;
  /** DOM events by name, each with its detail. */
  readonly trigger: Record<string, unknown>;
  readonly refresh: RefreshRequest[];
  removed: boolean;
  unchanged: boolean;
}

export function noEffects(): Effects {
  return {
    redirect: undefined,
    pushUrl: undefined,
    replaceUrl: undefined,
    trigger: {},
    refresh: [],
    removed: false,
    unchanged: false,
  };
}

const HERE = "http://here.invalid";

/**
 * A path on this site, in the spelling the browser would end up with.
 * Parsed rather than matched, because browsers drop tabs and line feeds and read `\` as `/` before they look.
 * @throws {HydrantError} `internal` for anything that would leave the site or run a script.
 */
export function localPath(target: string): string {
  const url = URL.canParse(target, HERE) ? new URL(target, HERE) : undefined;
  if (url === undefined || url.origin !== HERE || !/^\/(?![/\\])/.test(url.pathname) || !target.startsWith("/")) {
    throw new HydrantError(
      "internal",
      `the address ${JSON.stringify(target)} is not a path on this site; give one that starts with a single "/"`,
    );
  }
  return url.pathname + url.search + url.hash;
}
