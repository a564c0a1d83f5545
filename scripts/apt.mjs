// Installs Debian's packages, where that is possible.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

function works(command, args) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
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
 * Installs what it can, and does nothing where it may not.
 *
 * @param {string[]} packages
 */
export function aptInstall(packages) {
  const before = beforeAptGet();
  if (before === undefined) return;
  console.log(`Installing ${packages.join(", ")} with apt-get.`);
  aptGet(before, "update");
  aptGet(before, "install", "--no-install-recommends", ...packages);
}
