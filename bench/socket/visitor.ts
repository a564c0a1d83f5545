import type { Answer } from "./connection.js";

/** Somebody with a page open on a connection of their own. */
export interface Visitor {
  /** Sends what the page sends next, and keeps of the answer what the page keeps. @throws {Error} for a wrong answer. */
  send(): Promise<Answer>;
  close(): void;
}

const COOKIE = /\r\nset-cookie: ([^;\r]+)/i;

/** As long as a real one, for servers that give none. */
const NO_COOKIE = "hydrant_components=abcdefghijklmnopqrstuvwxyz.ABCDEFGHIJKLMNOPQRSTUV";

/** The first cookie that a page sets. */
export function cookieIn({ head }: Answer): string {
  return COOKIE.exec(head)?.[1] ?? NO_COOKIE;
}

export function pageRequest(port: number): string {
  return `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/html\r\n\r\n`;
}

/** What Chromium sends with a `fetch` from a page of this server. Ends within the headers: more may follow. */
export function fetchHead(port: number, path: string, own: Readonly<Record<string, string>>): string {
  const fields = {
    Host: `127.0.0.1:${port}`,
    Connection: "keep-alive",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.9",
    Origin: `http://127.0.0.1:${port}`,
    Referer: `http://127.0.0.1:${port}/`,
    "Sec-Fetch-Dest": "empty",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Site": "same-origin",
    "User-Agent":
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36",
    ...own,
  };
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}\r\n`],
  );
  return `POST ${path} HTTP/1.1\r\n${lines.join("")}`;
}

/** The rest of a request whose head was begun. */
export function withBody(head: string, body: string): string {
  return `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
}
