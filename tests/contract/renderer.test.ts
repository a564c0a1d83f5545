import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { nunjucksRenderer } from "../../src/adapters/nunjucks/index.js";
import { html, taggedRenderer } from "../../src/adapters/tagged/index.js";
import type { SafeHtml, View } from "../../src/core/index.js";
import { rendererContract, TEMPLATES } from "./renderer.contract.js";

const folder = mkdtempSync(join(tmpdir(), "renderer-"));
const sources: Readonly<Record<string, string>> = {
  [TEMPLATES.value]: `<p title="{{ state.value }}" data-x='{{ state.value }}'>{{ state.value }}</p>`,
  [TEMPLATES.helpers]: `{{ root() }}{{ on("save", id=5, note="<") }}{{ html }}`,
  [TEMPLATES.fails]: "before {{ boom() }} after",
  [TEMPLATES.page]: "{{ name }}",
};

beforeAll(() => {
  for (const [name, source] of Object.entries(sources)) writeFileSync(join(folder, name), source);
});
afterAll(() => rmSync(folder, { recursive: true }));

const stateValue = (view: View) => (view.state as { value: unknown }).value;

const tagged = () =>
  taggedRenderer({
    templates: {
      [TEMPLATES.value]: (view) =>
        html`<p title="${stateValue(view)}" data-x='${stateValue(view)}'>${stateValue(view)}</p>`,
      [TEMPLATES.helpers]: (view) => html`${view.root()}${view.on("save", { id: 5, note: "<" })}${view.html}`,
      [TEMPLATES.fails]: (view) => html`before ${(view.boom as () => SafeHtml)()} after`,
    },
    pages: { [TEMPLATES.page]: ({ name }) => html`${name}` },
  });

describe("every renderer keeps its contract", () => {
  rendererContract("nunjucks", () => nunjucksRenderer(folder), [folder]);
  rendererContract("nunjucks in development", () => nunjucksRenderer({ folders: folder, watch: true }), [folder]);
  rendererContract(
    "tagged functions",
    tagged,
    Object.keys(TEMPLATES).filter((name) => name !== TEMPLATES.page),
  );
});
