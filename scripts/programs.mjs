// Finds the programs that tests run beside Node, and installs Debian's where that is possible.
import { existsSync } from "node:fs";
import { aptInstall } from "./apt.mjs";

// The same places as in tests/support/browser.ts and tests/support/redis.ts.
const PROGRAMS = [
  {
    name: "Chromium",
    variable: "CHROMIUM_PATH",
    places: ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/google-chrome"],
    packages: ["chromium-headless-shell", "fonts-dejavu-core"],
  },
  {
    name: "Redis",
    variable: "REDIS_SERVER_PATH",
    places: ["/usr/bin/redis-server", "/usr/local/bin/redis-server", "/opt/homebrew/bin/redis-server"],
    packages: ["redis-server"],
  },
];

function find({ variable, places }) {
  return [process.env[variable], ...places].find((place) => place && existsSync(place));
}

function missing() {
  return PROGRAMS.filter((program) => find(program) === undefined);
}

/**
 * @returns {Record<string, string>} paths by the name of their variable; what was missing has been installed just now
 * @throws {Error} with one line that says what to install
 */
export function ensurePrograms() {
  const absent = missing();
  if (absent.length > 0) aptInstall(absent.flatMap(({ packages }) => packages));
  const left = missing();
  if (left.length === 0) return Object.fromEntries(PROGRAMS.map((program) => [program.variable, find(program)]));
  const packages = left.flatMap((program) => program.packages).join(" ");
  const variables = left.map(({ variable }) => variable).join(" and ");
  throw new Error(
    `Missing: ${left.map(({ name }) => name).join(", ")}. ` +
      `Install what is missing (on Debian: apt-get install ${packages}), or set ${variables} to where it is.`,
  );
}
