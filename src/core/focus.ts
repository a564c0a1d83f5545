/** One run of a template, as far as the focus goes. */
export interface FocusScope {
  /** The answer is a page of its own, so the browser places the focus. */
  readonly wholePage: boolean;
  /** A field that is to be mended has the focus already. */
  hasFocus: boolean;
}

/** Without JavaScript the browser itself goes to the first field that is to be mended. */
export function takesFocus(scope: FocusScope, isInvalid: boolean): boolean {
  if (!isInvalid || !scope.wholePage || scope.hasFocus) return false;
  scope.hasFocus = true;
  return true;
}
