/**
 * Forms in the browser, beside component-client.js: one more htmx 4 extension.
 */
(() => {
  const { htmx } = /** @type {Client.Page} */ (/** @type {unknown} */ (window));
  htmx.registerExtension("hydrant-forms", {});
})();
