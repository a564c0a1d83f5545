import { describe, expect, it } from "vitest";
import { END, part, readOver, type TakenFile } from "./reader.js";

/** What a part is taken for: the field it came in and, for a file, what it is called and said to be. */
async function partOf(disposition: string, more = ""): Promise<readonly [field: string, name?: string, type?: string]> {
  const { fields = {}, error } = await readOver(part(disposition, "x", more) + END);
  if (error !== undefined) throw error;
  const [[field, value] = ["", ""]] = Object.entries(fields);
  if (typeof value === "string") return [field];
  const { name, type } = value as TakenFile;
  return [field, name, type];
}

const nameOf = async (parameters: string): Promise<string | undefined> => (await partOf(`name="f"; ${parameters}`))[1];

describe("the name of a file", () => {
  const NAMES: readonly (readonly [sent: string, name: string])[] = [
    ['filename="cat.png"', "cat.png"],
    ["filename=cat.png", "cat.png"],
    ['FileName="cat.png"', "cat.png"],
    ['filename="../../etc/passwd"', "passwd"],
    ['filename="/etc/passwd"', "passwd"],
    ['filename="C:\\x\\y.png"', "y.png"],
    ['filename="C:\\\\x\\\\y.png"', "y.png"],
    ['filename="folder/"', ""],
    ['filename=".."', ""],
    ['filename="a/."', ""],
    ['filename=".\u0000."', ""],
    ['filename="a\u0000\u001b[2J\u007fb.png"', "a[2Jb.png"],
    ['filename="photo%0D%0A%22quoted%22.png"', 'photo"quoted".png'],
    ['filename="with \\"quotes\\".png"', 'with "quotes".png'],
    ['filename="100%25.png"', "100%25.png"],
    ['filename="naïve 😀.png"', "naïve 😀.png"],
    ['filename="\u202egnp.exe"', "gnp.exe"],
    ['filename="a;b.png"', "a;b.png"],
    ["filename*=UTF-8''na%C3%AFve%20file.txt", "naïve file.txt"],
    ["filename*=utf-8'en'..%2F..%2Fetc%2Fpasswd", "passwd"],
    ["filename=\"plain.txt\"; filename*=UTF-8''%E2%82%AC.txt", "€.txt"],
    ["filename*=UTF-8''%E2%82%AC.txt; filename=\"plain.txt\"", "€.txt"],
    ["filename=\"plain.txt\"; filename*=UTF-8''%E2%82.txt", "plain.txt"],
    ["filename=\"plain.txt\"; filename*=ISO-8859-1''%E9.txt", "plain.txt"],
    ["filename*=UTF-8''%FF", ""],
    ["filename*=nonsense", ""],
    ['filename="__proto__"', "__proto__"],
    [`filename="${"a".repeat(300)}.png"`, "a".repeat(255)],
    [`filename="${"a".repeat(254)}😀.png"`, "a".repeat(254)],
  ];

  it.each(NAMES)("%j is %j", async (sent, name) => {
    expect(await nameOf(sent)).toBe(name);
  });
});

describe("what a part is", () => {
  it("is a file when it has a file name, whatever its type", async () => {
    expect(await partOf('name="f"', "Content-Type: application/octet-stream\r\n")).toEqual(["f"]);
    expect(await partOf('name="f"; filename="x"', "Content-Type: text/plain\r\n")).toEqual(["f", "x", "text/plain"]);
  });

  it("has its type without parameters, and any bytes where the type is none", async () => {
    const typeOf = async (line: string) => (await partOf('name="f"; filename="x"', line))[2];
    expect(await typeOf("Content-Type: Image/SVG+xml; charset=utf-8\r\n")).toBe("image/svg+xml");
    expect(await typeOf("content-type:application/vnd.ms-excel\r\n")).toBe("application/vnd.ms-excel");
    expect(await typeOf("")).toBe("application/octet-stream");
    expect(await typeOf("Content-Type: text\r\n")).toBe("application/octet-stream");
    expect(await typeOf("Content-Type: text/<b>\r\n")).toBe("application/octet-stream");
    expect(await typeOf(`Content-Type: text/${"a".repeat(500)}\r\n`)).toBe("application/octet-stream");
  });

  it("has a field's name with the escapes of browsers, spaces and semicolons", async () => {
    expect(await partOf('name="a%22b%0D%0Ac"')).toEqual(['a"b\r\nc']);
    expect(await partOf('name="a; name=b"')).toEqual(["a; name=b"]);
    expect(await partOf("name=plain")).toEqual(["plain"]);
    expect(await partOf(' Name = "spaced" ; ')).toEqual(["spaced"]);
    expect(await partOf('name="größe"')).toEqual(["größe"]);
    expect(await partOf('name=""')).toEqual([""]);
  });

  it("may say that its bytes are as they are", async () => {
    expect(await partOf('name="a"', "Content-Transfer-Encoding: 8BIT\r\n")).toEqual(["a"]);
  });
});
