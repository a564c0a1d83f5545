import type { RequestListener } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { serveAt } from "../../socket/serve.js";

interface Application {
  prepare(): Promise<void>;
  getRequestHandler(): RequestListener;
}

type CreateNext = (options: { dev: boolean; dir: string; hostname: string; port: number }) => Application;

serveAt(async (port) => {
  const dir = process.env.BENCH_PEER as string;
  const create = createRequire(join(dir, "package.json"))("next") as CreateNext;
  const application = create({ dev: false, dir, hostname: "127.0.0.1", port });
  await application.prepare();
  return application.getRequestHandler();
});
