import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { load } from "cheerio";
import supertest from "supertest";
import { afterAll, expect, it, onTestFinished } from "vitest";
import { startPostgres } from "../support/postgres.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const postgres = await startPostgres();
const folder = mkdtempSync(join(tmpdir(), "record-editor-"));
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await postgres?.remove();
});

const databases: readonly (readonly [name: string, url: string])[] = [
  ["a file of SQLite", pathToFileURL(join(folder, "customers.db")).href],
  ...(postgres === undefined ? [] : [["PostgreSQL", postgres.url] as const]),
];

interface Running {
  readonly address: string;
  /** Asks it to end. @returns its exit code. */
  end(): Promise<number | null>;
}

/** The example as its own `server.ts` starts it. */
async function startOn(url: string): Promise<Running> {
  const { NODE_ENV: _mode, HYDRANT_KEY: _key, ...inherited } = process.env;
  const env = { ...inherited, PORT: "0", DATABASE_URL: url };
  const child = spawn(process.execPath, ["--import", "tsx", "examples/records/server.ts"], { cwd: ROOT, env });
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += String(chunk)));
  await expect.poll(() => text, { timeout: 15_000 }).toMatch(/open at http:\S+\n[\s\S]*Ctrl\+C/);
  const end = (): Promise<number | null> => {
    child.kill("SIGTERM");
    return exit;
  };
  return { address: /open at (http:\S+)/.exec(text)?.[1] as string, end };
}

/** What the form about a customer holds, and its seal. */
async function fieldsOf(agent: ReturnType<typeof supertest.agent>): Promise<Readonly<Record<string, string>>> {
  const $ = load((await agent.get("/records?customer=2").expect(200)).text);
  const form = $("#c-customer form");
  return Object.fromEntries(new URLSearchParams(form.serialize()));
}

it.each(databases)("saves to %s, ends cleanly, and finds what was saved at the next start", async (_name, url) => {
  const first = await startOn(url);
  const agent = supertest.agent(first.address);
  const fields = await fieldsOf(agent);
  expect(fields).toMatchObject({ name: "Jonas Weber", city: "Leipzig", credit_limit: "", since: "2021-11-19" });
  const change = { ...fields, city: "Dresden", credit_limit: "1500", newsletter: "on", since: "2020-02-29" };
  const saved = await agent
    .post("/components/customer/submit")
    .set("Sec-Fetch-Site", "same-origin")
    .type("form")
    .send(change)
    .expect(200);
  expect(load(saved.text)("#c-customers [aria-current] span").text()).toBe("Dresden");
  expect(await first.end()).toBe(0);

  const second = await startOn(url);
  expect(await fieldsOf(supertest.agent(second.address))).toMatchObject({
    name: "Jonas Weber",
    city: "Dresden",
    credit_limit: "1500",
    newsletter: "on",
    since: "2020-02-29",
  });
  expect(await second.end()).toBe(0);
});
