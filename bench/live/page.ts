import type { ServerResponse } from "node:http";
import type { Recorded } from "../socket/recorded.js";

/** A recorded page, for servers that make none. */
export function answerPage(res: ServerResponse, { status, headers, body }: Recorded): void {
  res.writeHead(status, { ...headers, "Content-Length": Buffer.byteLength(body) }).end(body);
}
