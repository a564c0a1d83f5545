// `npm test`: makes sure of a browser and of Redis, builds, runs every test, and closes with `N passed, M failed`.
// Arguments go to vitest: `npm test -- --project core tests/unit`.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensurePrograms } from "./programs.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const asked = process.argv.slice(2);

function node(...args) {
  const env = { ...process.env, ...programs };
  return spawnSync(process.execPath, args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] }).status ?? 1;
}

function close(passed, failed) {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

/** Tests by how they ended. A file that could not even be loaded counts as one failed test. */
function count(report) {
  const statuses = report.testResults.flatMap(({ assertionResults, status }) =>
    assertionResults.length === 0 && status === "failed" ? ["failed"] : assertionResults.map((test) => test.status),
  );
  const having = (status) => statuses.filter((one) => one === status).length;
  const passed = having("passed");
  const failed = having("failed");
  return { passed, failed, left: statuses.length - passed - failed };
}

let programs;
try {
  programs = ensurePrograms();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

if (node(join("scripts", "build.mjs")) !== 0) {
  console.error("The build failed, so no test ran.");
  close(0, 1);
}

const folder = mkdtempSync(join(tmpdir(), "hydrant-test-"));
const file = join(folder, "report.json");
const vitest = join("node_modules", "vitest", "vitest.mjs");
const status = node(vitest, "run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...asked);
const { passed, failed, left } = existsSync(file)
  ? count(JSON.parse(readFileSync(file, "utf8")))
  : { passed: 0, failed: 1, left: 0 };
rmSync(folder, { recursive: true });

// Only a filter that the caller gave may leave tests out.
const skipped = asked.length === 0 ? left : 0;
if (skipped > 0) console.error(`${skipped} tests did not run; a full run skips nothing.`);
const other = status !== 0 && failed + skipped === 0 ? 1 : 0;
if (other > 0) console.error("Every test passed, but vitest reports an error outside of them; see above.");
close(passed, failed + skipped + other);
