import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { load } from "cheerio";

/** A program of the documentation while it runs. */
export interface Program {
  readonly address: string;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function answers(address: string, child: ChildProcess): Promise<void> {
  for (const until = Date.now() + 20_000; Date.now() < until && child.exitCode === null; ) {
    try {
      await fetch(address);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`the program did not answer at ${address}; it ended with ${child.exitCode}`);
}

/** Starts a program as its page says, on a free port, and waits until it answers. */
export async function start(folder: string, file: string): Promise<Program> {
  const port = await freePort();
  const child = spawn(process.execPath, ["--import", "tsx", file], {
    cwd: folder,
    env: { ...process.env, PORT: String(port) },
    stdio: "ignore",
  });
  const address = `http://127.0.0.1:${port}`;
  const program: Program = {
    address,
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, "exit");
      child.kill();
      await ended;
    },
  };
  try {
    await answers(address, child);
    return program;
  } catch (error) {
    await program.stop();
    throw error;
  }
}

/** A page as a visitor holds it: enough of a browser to press what is offered. */
export interface Visit {
  readonly html: string;
  /** Text of the first element that fits the selector. */
  text(selector: string): string;
  /** Sends the event of a button or form as htmx would. @returns status and HTML of the answer. */
  press(selector: string, fields?: Readonly<Record<string, string>>): Promise<{ status: number; html: string }>;
  /** Submits as a browser without JavaScript would. @returns the page that comes back. */
  submit(selector: string): Promise<Visit>;
}

function visitOf(address: string, path: string, html: string, cookie: string): Visit {
  const $ = load(html);
  const headers = { Origin: address, Referer: address + path, Cookie: cookie };

  async function press(selector: string, fields: Readonly<Record<string, string>> = {}) {
    const offered = $(selector);
    const { state } = JSON.parse(offered.closest("[hx-vals\\:inherited]").attr("hx-vals:inherited") ?? "{}");
    const answer = await fetch(address + offered.attr("hx-post"), {
      method: "POST",
      headers: { ...headers, "HX-Request": "true" },
      body: new URLSearchParams({ ...fields, state }),
    });
    return { status: answer.status, html: await answer.text() };
  }

  async function submit(selector: string) {
    const button = $(selector);
    const form = $(`#${button.attr("form")}`);
    const fields = form.find("input").toArray();
    const answer = await fetch(address + button.attr("formaction"), {
      method: "POST",
      headers,
      body: new URLSearchParams(
        fields.map(({ attribs: { name = "", value = "" } }): [string, string] => [name, value]),
      ),
    });
    return visitOf(address, button.attr("formaction") ?? "", await answer.text(), cookie);
  }

  return { html, text: (selector) => $(selector).first().text(), press, submit };
}

/** Opens the front page of a program. */
export async function visit({ address }: Program): Promise<Visit> {
  const answer = await fetch(address);
  const cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
  return visitOf(address, "/", await answer.text(), cookie);
}
