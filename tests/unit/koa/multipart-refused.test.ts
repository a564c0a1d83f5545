import { describe, expect, it } from "vitest";
import { begin, contentOf, EDGE, END, openReader, part, readOver, takeWhole } from "./reader.js";

const A = part('name="a"', "1");

describe("a body that cannot be read", () => {
  const BROKEN: [what: string, body: string, type?: string][] = [
    ["nothing at all", ""],
    ["cut within a field", A + part('name="b"', "cut").slice(0, -4)],
    ["cut within a file", A + part('name="f"; filename="f"', "cut").slice(0, -4)],
    ["without its last boundary", A],
    ["with half of its last boundary", `${A}--edge-`],
    ["cut within a header", `${A}--edge\r\nContent-Disp`],
    ["with another boundary than its type says", A + END, "multipart/form-data; boundary=other"],
    ["whose type names no boundary", A + END, "multipart/form-data"],
    ["whose type names an empty boundary", A + END, 'multipart/form-data; boundary=""'],
    ["whose boundary is longer than any may be", A + END, `multipart/form-data; boundary=${"e".repeat(300)}`],
    ["with a part without a header", `--edge\r\n\r\nx\r\n${END}`],
    ["with a part whose header does not end", `--edge\r\nContent-Disposition: form-data; name="a"\r\n${A}${END}`],
    ["with a last part whose header does not end", `--edge\r\nContent-Disposition: form-data; name="a"\r\n${END}`],
    ["with something after a boundary", `--edge is near${A.slice(6)}${END}`],
    ["with a header line that is none", `--edge\r\nnonsense\r\n${A.slice(8)}${END}`],
    ["with a part that says nothing of itself", `--edge\r\nContent-Type: text/plain\r\n\r\nx\r\n${END}`],
    ["with a part without a name", part('title="a"', "x") + END],
    ["with a part that is no form-data", `--edge\r\nContent-Disposition: attachment; name="a"\r\n\r\nx\r\n${END}`],
    ["with a name without its end", part('name="a', "x") + END],
    ["with two names in one part", part('name="a"; name="b"', "x") + END],
    ["with a line break within a name", part('name="a\nb"', "x") + END],
    ["with two dispositions", part('name="a"', "x", 'Content-Disposition: form-data; name="b"\r\n') + END],
    ["with two types", part('name="a"', "x", "Content-Type: text/plain\r\nContent-Type: text/html\r\n") + END],
    ["with a part in another encoding", part('name="a"', "eA==", "Content-Transfer-Encoding: base64\r\n") + END],
    ["with parts inside a part", part('name="a"', "x", "Content-Type: multipart/mixed; boundary=in\r\n") + END],
    ["with files inside a part", part('name="a"; filename="b"', "x", "Content-Type: Multipart/Mixed\r\n") + END],
    ["with a name of 2,000 letters", part(`name="${"a".repeat(2000)}"`, "x") + END],
    ["with a header of 10,000 bytes", part('name="a"', "x", `X-More: ${"a".repeat(10_000)}\r\n`) + END],
    ["with a header of 100,000 bytes", part('name="a"', "x", `X-More: ${"a".repeat(100_000)}\r\n`) + END],
    ["with a name of 100,000 letters", part(`name="${"a".repeat(100_000)}"`, "x") + END],
  ];

  it.each(BROKEN)("is malformed: %s", async (_what, body, type = EDGE) => {
    expect(await readOver(body, {}, type)).toMatchObject({ code: "malformed", left: 0 });
  });

  it("is malformed when the connection is cut, and whoever takes the file learns of it", async () => {
    const got: unknown[] = [];
    const { clock, listening, endings } = await openReader({
      async take(field, _file, bytes) {
        await contentOf(bytes).catch((error) => {
          got.push(field, error);
          throw error;
        });
      },
    });
    const client = begin(listening);
    client.write(A + part('name="f"; filename="f"', "half of it"));
    await expect.poll(() => clock.pending()).toBe(1);
    client.socket.destroy();
    await expect.poll(() => endings).toMatchObject([{ code: "malformed", left: 0 }]);
    expect(got).toEqual(["f", endings[0]?.error]);
    expect(clock.pending()).toBe(0);
  });

  it("is malformed when the connection was cut while a file was being taken", async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let taking = false;
    const { listening, endings } = await openReader({
      async take(field, file, bytes) {
        taking = true;
        await held;
        return takeWhole(field, file, bytes);
      },
    });
    const client = begin(listening);
    client.write(part('name="f"; filename="f"', "half of it"));
    await expect.poll(() => taking).toBe(true);
    client.socket.destroy();
    await client.closed;
    release();
    await expect.poll(() => endings).toMatchObject([{ code: "malformed", left: 0 }]);
  });
});

describe("a body that is too much", () => {
  it("has 10,000 parts: it is refused at the first that is too many", async () => {
    const tiny = '--e\r\nContent-Disposition: form-data; name=""\r\n\r\n\r\n'.repeat(10_000);
    const type = "multipart/form-data; boundary=e";
    expect(await readOver(`${tiny}--e--`, {}, type)).toMatchObject({ code: "malformed", left: 0 });
    expect(await readOver(`${"--e\r\n".repeat(200_000)}--e--`, {}, type)).toMatchObject({ code: "malformed" });
  });

  it("has 10,000 files: none is taken after the last that may be there", async () => {
    let taken = 0;
    const file = part('name="f"; filename="f"', "x");
    const ending = await readOver(file.repeat(10_000) + END, {
      limits: { payloadNodes: 50 },
      async take() {
        taken++;
      },
    });
    expect(ending).toMatchObject({ code: "malformed" });
    expect(taken).toBeLessThanOrEqual(50);
    expect((await readOver(file.repeat(50) + END, { limits: { payloadNodes: 50 } })).fields?.f).toHaveLength(50);
  });

  it("has more text than a body may have bytes, names included; files do not count", async () => {
    const limits = { bodyBytes: 1000 };
    const file = part('name="f"; filename="f"', "x".repeat(100_000));
    const fits = part('name="a"', "x".repeat(500)) + file + part('name="bc"', "x".repeat(496)) + END;
    expect((await readOver(fits, { limits })).fields?.bc).toHaveLength(496);
    const over = part('name="a"', "x".repeat(500)) + file + part('name="bc"', "x".repeat(497)) + END;
    expect(await readOver(over, { limits })).toMatchObject({ code: "too_large", left: 0 });
    const names = Array.from({ length: 20 }, (_, index) => part(`name="${"n".repeat(50)}${index}"`, ""));
    expect(await readOver(names.join("") + END, { limits })).toMatchObject({ code: "too_large" });
  });

  const ENDLESS: readonly (readonly [what: string, beginning: string])[] = [
    ["before its first boundary", ""],
    ["within a field", '--edge\r\nContent-Disposition: form-data; name="a"\r\n\r\n'],
    ["within a header", "--edge\r\nX-More: "],
    ["after its last boundary", A + END],
  ];

  it.each(ENDLESS)("never ends %s", async (_where, beginning) => {
    const { listening, endings } = await openReader({ limits: { bodyBytes: 100_000 } });
    const client = begin(listening);
    client.write(beginning);
    const more = "x".repeat(65_536);
    client.socket.on("drain", () => client.write(more));
    client.write(more);
    await client.closed;
    expect(endings).toMatchObject([{ code: "too_large", left: 0 }]);
    expect(endings[0]?.bytesRead).toBeLessThan(1_048_576);
  });
});

describe("a sender that stops", () => {
  it("is waited for as long as a body may take, counted from the last byte", async () => {
    const got: unknown[] = [];
    const { clock, listening, endings, bytesRead } = await openReader({
      limits: { bodyMs: 3000 },
      take: (_field, _file, bytes) =>
        contentOf(bytes).catch((error: unknown) => {
          got.push(error);
          throw error;
        }),
    });
    const client = begin(listening);
    client.write(part('name="f"; filename="f"', "a").slice(0, -2));
    for (let turn = 0; turn < 3; turn++) {
      await expect.poll(() => clock.pending()).toBe(1);
      clock.advance(2999);
      const before = bytesRead();
      client.write("more");
      await expect.poll(bytesRead).toBe(before + 4);
    }
    expect(endings).toEqual([]);
    await expect.poll(() => clock.pending()).toBe(1);
    clock.advance(3000);
    await expect.poll(() => endings).toMatchObject([{ code: "request_timeout", left: 0 }]);
    expect(got).toEqual([endings[0]?.error]);
    expect(clock.pending()).toBe(0);
  });
});
