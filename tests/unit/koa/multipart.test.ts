import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HydrantError, type TakeFile } from "../../../src/core/index.js";
import { begin, contentOf, EDGE, END, openReader, part, readChunks, readOver, takeWhole } from "./reader.js";

const PNG = "Content-Type: image/png\r\n";

describe("a multipart body", () => {
  it("gives its fields and files in the order they come, and lists where a name comes again", async () => {
    const body = [
      part('name="title"', "Hello"),
      part('name="photo"; filename="a.png"', "first", PNG),
      part('name="tag"', "one"),
      part('name="photo"; filename="b.txt"', "second", "Content-Type: text/plain; charset=utf-8\r\n"),
      part('name="photo"', "not a file"),
      part('name="tag"', "two"),
      part('name="empty"', ""),
      part('name="zero"; filename="zero.bin"', ""),
      END,
    ].join("");
    const { fields, left } = await readOver(body);
    expect(Object.keys(fields ?? {})).toEqual(["title", "photo", "tag", "empty", "zero"]);
    expect({ ...fields }).toEqual({
      title: "Hello",
      photo: [
        { name: "a.png", type: "image/png", content: "first" },
        { name: "b.txt", type: "text/plain", content: "second" },
        "not a file",
      ],
      tag: ["one", "two"],
      empty: "",
      zero: { name: "zero.bin", type: "application/octet-stream", content: "" },
    });
    expect(Object.getPrototypeOf(fields)).toBeNull();
    expect(left).toBe(0);
  });

  it("passes over a file input that was left empty", async () => {
    const empty = part('name="photo"; filename=""', "", "Content-Type: application/octet-stream\r\n");
    const { fields } = await readOver(empty + part('name="a"', "1") + empty + END);
    expect({ ...fields }).toEqual({ a: "1" });
  });

  it("takes a file that has bytes and no name", async () => {
    const { fields } = await readOver(part('name="photo"; filename=""', "bytes") + END);
    expect({ ...fields }).toEqual({ photo: { name: "", type: "application/octet-stream", content: "bytes" } });
  });

  it("may have a text before its first boundary and after its last one", async () => {
    const { fields } = await readOver(`before\r\n${part('name="a"', "1")}${END}after --edge\r\n--edge--`);
    expect({ ...fields }).toEqual({ a: "1" });
  });

  it("has fields that are called like parts of a prototype, and they are only fields", async () => {
    const body = ["__proto__", "constructor", "toString", "__proto__"].map((name) => part(`name="${name}"`, "x"));
    const { fields } = await readOver(body.join("") + END);
    expect(Object.entries(fields ?? {})).toEqual([
      ["__proto__", ["x", "x"]],
      ["constructor", "x"],
      ["toString", "x"],
    ]);
    expect("x" in {}).toBe(false);
  });

  it("reads bytes that are no UTF-8 with replacement characters, and leaves those of a file as they are", async () => {
    const bytes = Buffer.from([0x61, 0xff, 0xed, 0xa0, 0x80, 0x62]);
    const body = Buffer.concat([
      Buffer.from('--edge\r\nContent-Disposition: form-data; name="a'),
      Buffer.from([0xff]),
      Buffer.from('"\r\n\r\n'),
      bytes,
      Buffer.from('\r\n--edge\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'),
      bytes,
      Buffer.from(`\r\n${END}`),
    ]);
    const { fields } = await readOver(body);
    expect(fields?.["a\ufffd"]).toBe("a\ufffd\ufffd\ufffd\ufffdb");
    expect(fields?.f).toMatchObject({ content: bytes.toString("latin1") });
  });
});

const SMALL =
  part('name="a"', "one\r\n--edg\r\n\r") +
  part('name="f"; filename="x/y.png"', "\r\n--\r\n-", PNG) +
  part('name="b"', "") +
  END;
const READ = { a: "one\r\n--edg\r\n\r", f: { name: "y.png", type: "image/png", content: "\r\n--\r\n-" }, b: "" };

describe("the same body, however it is cut into chunks", () => {
  it("means the same: cut once at every place, and at every place at once", async () => {
    const bytes = Buffer.from(SMALL);
    for (let at = 1; at < bytes.length; at++) {
      expect({ ...(await readChunks([bytes.subarray(0, at), bytes.subarray(at)])) }).toEqual(READ);
    }
    expect({ ...(await readChunks([...bytes].map((byte) => Buffer.from([byte])))) }).toEqual(READ);
  });

  it("means the same when it comes byte by byte over a connection", async () => {
    const { listening, endings } = await openReader();
    const { socket } = begin(listening, Buffer.byteLength(SMALL));
    socket.setNoDelay();
    for (const character of SMALL) await new Promise((resolve) => socket.write(character, resolve));
    await expect.poll(() => endings).toHaveLength(1);
    expect({ ...endings[0]?.fields }).toEqual(READ);
  });

  it("gives every file back byte for byte, whatever is in it", async () => {
    const piece = fc.constantFrom("\r", "\n", "\r\n", "-", "--", "--edg", "\r\n--edg", "edge", "\0", "\xff", "text");
    const content = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""));
    const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(content, { maxLength: 5 }), sizes, async (contents, cuts) => {
        fc.pre(contents.every((one) => !`\r\n${one}\r\n`.includes("\r\n--edge")));
        const parts = contents.map((one, index) => part(`name="f${index}"; filename="f"`, one));
        const bytes = Buffer.from(parts.join("") + END, "latin1");
        const chunks: Buffer[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = cuts[turn % cuts.length] as number;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        const fields = await readChunks(chunks);
        expect(Object.values(fields).map((file) => (file as { content: string }).content)).toEqual(contents);
      }),
    );
  });
});

describe("a file that is taken slowly", () => {
  const MEGABYTE = "x".repeat(1_048_576);

  it("is read no faster than it is taken", async () => {
    let taken = 0;
    const ahead: number[] = [];
    const take: TakeFile = async (_field, _file, bytes) => {
      for await (const chunk of bytes) {
        taken += chunk.length;
        // A turn of the event loop, in which everything could be read that is going to be.
        await new Promise((resolve) => setImmediate(resolve));
        ahead.push(reader.bytesRead() - taken);
      }
    };
    const reader = await openReader({ take });
    const body = part('name="f"; filename="f"', MEGABYTE.repeat(32)) + END;
    await reader.listening.request({ method: "POST", path: "/", headers: { "Content-Type": EDGE }, body });
    expect(reader.endings[0]?.error).toBeUndefined();
    expect(taken).toBe(32 * 1_048_576);
    expect(Math.max(...ahead)).toBeLessThan(1_048_576);
  });

  it("lets no time count against the sender", async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let taking = false;
    const take: TakeFile = async (field, file, bytes) => {
      taking = true;
      await held;
      return takeWhole(field, file, bytes);
    };
    const { clock, listening, endings } = await openReader({ take });
    const body = part('name="f"; filename="f"', MEGABYTE) + part('name="a"', "1") + END;
    begin(listening, Buffer.byteLength(body)).write(body);
    await expect.poll(() => taking).toBe(true);
    clock.advance(1_000_000);
    release();
    await expect.poll(() => endings).toHaveLength(1);
    expect(endings[0]?.fields?.a).toBe("1");
    expect(clock.pending()).toBe(0);
  });

  it("is passed over where it was not taken to its end, and what follows is not lost", async () => {
    const body = ["", "first", "all"].map((name) => part(`name="${name}"; filename="f"`, MEGABYTE)).join("");
    const { fields } = await readOver(body + part('name="last"', "1") + END, {
      async take(field, _file, bytes) {
        if (field === "") return 0;
        if (field === "all") return (await contentOf(bytes)).length;
        for await (const chunk of bytes) return chunk.length > 0;
        return undefined;
      },
    });
    expect({ ...fields }).toEqual({ "": 0, first: true, all: 1_048_576, last: "1" });
  });
});

describe("whoever takes a file and refuses it", () => {
  it("ends the reading at once: the rest of the request is not read, and nothing of the reader stays on it", async () => {
    const refusal = new HydrantError("too_large", "enough");
    const { listening, endings } = await openReader({
      async take(_field, _file, bytes) {
        for await (const _chunk of bytes) throw refusal;
      },
    });
    const client = begin(listening);
    client.write(part('name="f"; filename="f"', "x".repeat(33_554_432)));
    await client.closed;
    expect(endings).toMatchObject([{ error: refusal, left: 0 }]);
    expect(endings[0]?.bytesRead).toBeLessThan(1_048_576);
  });

  it("gets the refusal in every loop that still waits for bytes", async () => {
    const refusal = new HydrantError("too_large", "enough");
    let reading: Promise<unknown> = Promise.resolve();
    const { clock, listening, endings } = await openReader({
      take(_field, _file, bytes) {
        const stalled = new Promise<never>((_resolve, reject) => {
          reading = (async () => {
            let size = 0;
            for await (const chunk of bytes) {
              size += chunk.length;
              if (size === 5) setImmediate(() => reject(refusal));
            }
          })();
        });
        return Promise.race([reading, stalled]);
      },
    });
    begin(listening).write(part('name="f"; filename="f"', "hello").slice(0, -2));
    await expect.poll(() => endings).toHaveLength(1);
    expect(endings).toMatchObject([{ error: refusal, left: 0 }]);
    await expect(reading).rejects.toBe(refusal);
    expect(clock.pending()).toBe(0);
  });

  it("cannot hide that the request broke off", async () => {
    const { listening, endings } = await openReader({
      take: (_field, _file, bytes) => contentOf(bytes).catch(() => "all is well"),
    });
    const client = begin(listening);
    client.write(part('name="f"; filename="f"', "half of it"));
    await expect.poll(() => client.socket.bytesWritten).toBeGreaterThan(0);
    client.socket.end();
    await expect.poll(() => endings).toMatchObject([{ code: "malformed", left: 0 }]);
  });
});
