import { request } from "node:http";
import { Readable } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { openDesk } from "../support/desk-stage.js";
import { HTMX } from "../support/http.js";

/** Sends as fast as the server reads, as a browser does with a file. */
function sendLong(port: number, path: string, bytes: number): Promise<{ status: number; body: string }> {
  const chunk = Buffer.alloc(65_536, "x");
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: "127.0.0.1",
        port,
        path,
        method: "POST",
        agent: false,
        headers: { ...HTMX, "x-user": "ann", "Content-Type": "application/json", "Content-Length": String(bytes) },
      },
      (incoming) => {
        let body = "";
        incoming.setEncoding("utf8");
        incoming.on("data", (text: string) => {
          body += text;
        });
        incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, body }));
      },
    );
    outgoing.on("error", reject);
    let left = bytes;
    Readable.from(
      (function* () {
        for (; left > 0; left -= chunk.length) yield chunk.subarray(0, Math.min(chunk.length, left));
      })(),
    ).pipe(outgoing);
  });
}

test("a sender whose body is far too large gets the answer that says so, not a broken connection", async () => {
  const stage = await openDesk();
  onTestFinished(() => stage.close());
  const { status, body } = await sendLong(stage.http.port, "/components/desk/add", 60_000_000);
  expect(status).toBe(413);
  expect(body).toContain('data-code="too_large"');
});

test("who goes on sending for ever is cut off", async () => {
  const stage = await openDesk();
  onTestFinished(() => stage.close());
  const client = stage.http.socket();
  client.write(
    "POST /components/desk/add HTTP/1.1\r\nHost: here\r\nHX-Request: true\r\nx-user: ann\r\n" +
      "Content-Type: application/json\r\nContent-Length: 9000000000\r\n\r\n",
  );
  await expect.poll(() => client.received()).toContain('data-code="too_large"');
  client.write("x".repeat(100_000));
  stage.clock.advance(2_000);
  await client.closed;
});
