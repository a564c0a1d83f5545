import axe from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";

/**
 * What axe-core finds wrong with the page as it is shown now, each as `rule: element`. It is handed to the browser from
 * outside, so the page's own policy stands and the page need not run scripts.
 */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const run = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  // A page that was not looked at would have no faults either.
  expect(run.passes.length).toBeGreaterThan(15);
  return run.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
