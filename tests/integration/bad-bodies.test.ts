import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { HttpStage } from "../conformance/stage.js";
import { openDesk, sendBody, sendForm, stillAnswers } from "../support/desk-stage.js";
import { FORM, formBody, type RawAnswer } from "../support/http.js";

const JSON_TYPE = { "Content-Type": "application/json" } as const;
const MULTIPART = { "Content-Type": "multipart/form-data; boundary=edge" } as const;
const SAY = "/components/desk/say";

let stage: HttpStage;
let state: string;

beforeAll(async () => {
  stage = await openDesk();
  ({ state } = await stage.mount("desk"));
});
afterAll(() => stage.close());
beforeEach(() => {
  stage.journal.ran.length = 0;
  stage.journal.payloads.length = 0;
});

async function expectRefused(answer: RawAnswer, status: number, code: string): Promise<void> {
  expect([answer.status, /data-code="(\w+)"/.exec(answer.body)?.[1]]).toEqual([status, code]);
  expect(stage.journal.ran).toEqual([]);
  expect(await stillAnswers(stage)).toBe(true);
  stage.journal.ran.length = 0;
}

function part(name: string, value: string, more = ""): string {
  return `--edge\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
}

/** `{"a":{"a":…}}`, so many levels deep. */
function deep(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
}

describe("field names that reach for a prototype", () => {
  const names = [
    "__proto__",
    "constructor",
    "prototype",
    "__proto__.polluted",
    "constructor.prototype.polluted",
    "a[__proto__][polluted]",
  ];

  it.each(names)("are refused in a form, in the address, in multipart and in JSON: %s", async (name) => {
    await expectRefused(await sendForm(stage, SAY, { state, text: "hello", [name]: "x" }), 400, "malformed");
    const query = `?${encodeURIComponent(name)}=x`;
    await expectRefused(await sendForm(stage, SAY + query, { state, text: "hello" }), 400, "malformed");
    const parts = `${part("state", state)}${part("text", "hello")}${part(name, "x")}--edge--\r\n`;
    await expectRefused(await sendBody(stage, SAY, parts, MULTIPART), 400, "malformed");
    const top = `{"state":"${state}","text":"hello","${name}":{"polluted":true}}`;
    await expectRefused(await sendBody(stage, SAY, top, JSON_TYPE), 400, "malformed");
    const nested = `{"state":"${state}","text":"hello","a":[{"${name}":{"polluted":true}}]}`;
    await expectRefused(await sendBody(stage, SAY, nested, JSON_TYPE), 400, "malformed");
    expect("polluted" in {}).toBe(false);
  });

  it("are refused as params of a mount", async () => {
    const answer = await stage.http.request({
      path: "/components/kiosk?__proto__=1&at=2",
      headers: { "HX-Request": "true" },
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('data-code="malformed"');
  });
});

describe("a body that is too much", () => {
  it("nested 2,000 levels deep is refused before it is parsed", async () => {
    const body = `{"state":"${state}","text":${deep(2000)}}`;
    await expectRefused(await sendBody(stage, SAY, body, JSON_TYPE), 400, "malformed");
    const lists = `{"state":"${state}","text":${"[".repeat(2000)}${"]".repeat(2000)}}`;
    await expectRefused(await sendBody(stage, SAY, lists, JSON_TYPE), 400, "malformed");
  });

  it("with 60,000 fields is refused in every kind of body", async () => {
    const names = Array.from({ length: 60_000 }, (_, index) => `f${index}`);
    const form = `state=${state}&${names.join("=&")}=`;
    await expectRefused(await sendBody(stage, SAY, form, FORM), 400, "malformed");
    const same = `state=${state}${"&a=1".repeat(60_000)}`;
    await expectRefused(await sendBody(stage, SAY, same, FORM), 400, "malformed");
    const json = JSON.stringify({ state, ...Object.fromEntries(names.map((name) => [name, 1])) });
    await expectRefused(await sendBody(stage, SAY, json, JSON_TYPE), 400, "malformed");
    const list = JSON.stringify({ state, text: names.map(() => 1) });
    await expectRefused(await sendBody(stage, SAY, list, JSON_TYPE), 400, "malformed");
    const parts = names.slice(0, 10_000).map((name) => part(name, ""));
    await expectRefused(await sendBody(stage, SAY, `${parts.join("")}--edge--\r\n`, MULTIPART), 400, "malformed");
  });

  it("of 10 MB is refused, whatever its type", async () => {
    const body = Buffer.alloc(10_485_760, "a");
    for (const type of [FORM, JSON_TYPE, MULTIPART]) {
      await expectRefused(await sendBody(stage, SAY, body, type), 413, "too_large");
    }
  });

  it("in the address is refused", async () => {
    const many = "&a=1".repeat(2500);
    await expectRefused(await sendForm(stage, `${SAY}?b=1${many}`, { state, text: "hello" }), 400, "malformed");
  });
});

describe("a body that is not what it says", () => {
  const BROKEN: readonly (readonly [
    what: string,
    type: Readonly<Record<string, string>>,
    body: string,
    status: number,
    code: string,
  ])[] = [
    ["JSON cut short", JSON_TYPE, '{"state":"x', 400, "malformed"],
    ["JSON with something after it", JSON_TYPE, '{"state":"x"} {}', 400, "malformed"],
    ["JSON with a comment", JSON_TYPE, '{"state":"x"/**/}', 400, "malformed"],
    ["a JSON list", JSON_TYPE, '[{"state":"x"}]', 400, "malformed"],
    ["JSON null", JSON_TYPE, "null", 400, "malformed"],
    ["a JSON text", JSON_TYPE, '"state"', 400, "malformed"],
    ["an empty JSON body", JSON_TYPE, "", 400, "malformed"],
    ["a form as JSON", JSON_TYPE, "state=x", 400, "malformed"],
    ["a form as multipart", MULTIPART, "state=x", 400, "malformed"],
    ["multipart without its end", MULTIPART, part("state", "x"), 400, "malformed"],
    ["multipart without a boundary", { "Content-Type": "multipart/form-data" }, part("state", "x"), 400, "malformed"],
    [
      "multipart with another boundary",
      { "Content-Type": "multipart/form-data; boundary=other" },
      `${part("state", "x")}--edge--\r\n`,
      400,
      "malformed",
    ],
    [
      "multipart with a part without a name",
      MULTIPART,
      "--edge\r\nContent-Type: text/plain\r\n\r\nx\r\n--edge--\r\n",
      400,
      "malformed",
    ],
    ["no type at all", {}, "state=x", 415, "unsupported_media_type"],
    ["a type of spaces", { "Content-Type": " " }, "state=x", 415, "unsupported_media_type"],
    [
      "plain text, as a form of another site could send",
      { "Content-Type": "text/plain" },
      '{"state":"x"}',
      415,
      "unsupported_media_type",
    ],
    ["two types", { "Content-Type": "application/json, text/plain" }, "{}", 415, "unsupported_media_type"],
    ["a broken escape in the seal", FORM, "state=%E0%A4%A", 400, "state_invalid"],
  ];

  it.each(BROKEN)("is refused: %s", async (_what, type, body, status, code) => {
    await expectRefused(await sendBody(stage, SAY, body, type), status, code);
  });

  it("holding a file is refused, and an empty file input is not a file", async () => {
    const file = part("photo", "bytes", '; filename="a.png"');
    const fields = part("state", state) + part("text", "hello");
    await expectRefused(
      await sendBody(stage, SAY, `${fields}${file}--edge--\r\n`, MULTIPART),
      415,
      "unsupported_media_type",
    );
    const empty = part("photo", "", '; filename=""');
    expect((await sendBody(stage, SAY, `${fields}${empty}--edge--\r\n`, MULTIPART)).status).toBe(200);
  });

  it("with bytes that are no UTF-8 is read with replacement characters, as browsers do", async () => {
    const body = Buffer.concat([Buffer.from(`state=${state}&text=abc`), Buffer.from([0xff, 0xfe])]);
    expect((await sendBody(stage, SAY, body, FORM)).status).toBe(200);
    expect(stage.journal.payloads).toEqual([{ text: "abc\ufffd\ufffd" }]);
    const escaped = await sendBody(stage, SAY, `state=${state}&text=abc%ff%zz`, FORM);
    expect(escaped.status).toBe(200);
    expect(stage.journal.payloads.at(-1)).toEqual({ text: "abc\ufffd%zz" });
  });
});

describe("a handler", () => {
  it("receives only what its schema let through", async () => {
    const body = formBody({ state, text: "hello", admin: "true", constructorx: "1" });
    expect((await sendBody(stage, `${SAY}?extra=1`, body, FORM)).status).toBe(200);
    expect(stage.journal.payloads).toEqual([{ text: "hello" }]);
  });

  it("that declares no payload gets an empty one", async () => {
    const answer = await sendForm(stage, "/components/desk/quiet", { state, more: "1" });
    expect(answer.status).toBe(204);
  });
});
