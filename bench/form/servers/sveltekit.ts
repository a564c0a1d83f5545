import type { RequestListener } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { serveAt } from "../../socket/serve.js";

/** The middleware that adapter-node builds for servers of one's own. */
interface Build {
  readonly handler: (...args: [...Parameters<RequestListener>, next: () => void]) => void;
}

serveAt(async (port) => {
  // Read when the build is loaded; without it every form is judged to come from another site.
  process.env.ORIGIN = `http://127.0.0.1:${port}`;
  const { href } = pathToFileURL(join(process.env.BENCH_PEER as string, "build", "handler.js"));
  const { handler } = (await import(href)) as Build;
  return (req, res) => handler(req, res, () => res.writeHead(404).end());
});
