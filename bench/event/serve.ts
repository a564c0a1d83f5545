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

/** Puts a listener on a free port of the loopback and answers the parent's questions. */
export function serve(listener: RequestListener): void {
  const server = createServer(listener);
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1", () => report({ kind: "listening", port: (server.address() as AddressInfo).port }));
  process.on("message", (question: Question) => {
    if (question === "stop") process.exit(0);
    const { user, system } = process.cpuUsage();
    report({ kind: "cpu", micros: user + system });
  });
  process.on("disconnect", () => process.exit(0));
}
