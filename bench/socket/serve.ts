import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** What the parent asks, and what the child answers. */
export type Question = "cpu" | "stop";
export type Report =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "cpu"; readonly micros: number };

function report(message: Report): void {
  process.send?.(message);
}

/** As {@link serve}, for a listener that has to know its port beforehand. */
export function serveAt(listenerFor: (port: number) => Promise<RequestListener>): void {
  const server = createServer();
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1", async () => {
    const { port } = server.address() as AddressInfo;
    server.on("request", await listenerFor(port));
    report({ kind: "listening", port });
  });
  process.on("message", (question: Question) => {
    if (question === "stop") process.exit(0);
    const { user, system } = process.cpuUsage();
    report({ kind: "cpu", micros: user + system });
  });
  process.on("disconnect", () => process.exit(0));
}

/** Puts a listener on a free port of the loopback and answers the parent's questions. */
export function serve(listener: RequestListener): void {
  serveAt(() => Promise.resolve(listener));
}
