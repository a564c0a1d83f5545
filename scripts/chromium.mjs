// Finds a Chromium for the browser tests, and installs Debian's headless one where that is possible.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

// The same places as in tests/support/browser.ts.
const PLACES = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/google-chrome"];
const PACKAGES = ["chromium-headless-shell", "fonts-dejavu-core"];

function works(command, args) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

/** @returns {string | undefined} the path of a Chromium on this machine */
function findChromium() {
  return [process.env.CHROMIUM_PATH, ...PLACES].find((place) => place && existsSync(place));
}

/** @returns {string[] | undefined} what has to stand before `apt-get`; undefined where apt-get may not be used */
function beforeAptGet() {
  if (!existsSync("/etc/debian_version") || !works("apt-get", ["--version"])) return undefined;
  if (process.getuid?.() === 0) return ["env"];
  return works("sudo", ["-n", "true"]) ? ["sudo", "-n", "env"] : undefined;
}

function aptGet([command, ...before], ...args) {
  const all = [...before, "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", ...args];
  return spawnSync(command, all, { stdio: ["ignore", "inherit", "inherit"] }).status === 0;
}

/**
 * @returns {string} the path of a Chromium, installed just now where it was missing
 * @throws {Error} with one line that says what to install
 */
export function ensureChromium() {
  const present = findChromium();
  if (present !== undefined) return present;
  const before = beforeAptGet();
  if (before !== undefined) {
    console.log(`Chromium is missing: installing ${PACKAGES.join(" and ")} with apt-get.`);
    aptGet(before, "update");
    aptGet(before, "install", "--no-install-recommends", ...PACKAGES);
  }
  const installed = findChromium();
  if (installed !== undefined) return installed;
  throw new Error(
    `Chromium is missing. Install it (on Debian: apt-get install ${PACKAGES.join(" ")}), or set CHROMIUM_PATH to one.`,
  );
}
