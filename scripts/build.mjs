// `npm run build`: compiles src/ to dist/ and takes away what a removed or renamed source left there.
// The folder is never emptied, so that tests which run beside a build keep what they import.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const ENDINGS = /\.(?:d\.ts|js|js\.map)$/;

const tsc = join(root, "node_modules", "@typescript", "native", "bin", "tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const file = join(entry.parentPath, entry.name);
  const source = join(root, "src", relative(dist, file).replace(ENDINGS, ".ts"));
  if (!existsSync(source)) rmSync(file);
}
