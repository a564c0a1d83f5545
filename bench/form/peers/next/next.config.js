import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));

export default {
  // No other server of the bench compresses.
  compress: false,
  // This folder has a lock file of its own below that of the bench.
  turbopack: { root },
  outputFileTracingRoot: root,
};
