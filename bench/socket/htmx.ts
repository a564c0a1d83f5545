import { randomUUID } from "node:crypto";

const STATE = /(?:&quot;state&quot;:&quot;|"state":")([^"&]+)/;

/** The first seal in this HTML; empty where there is none. */
export function stateIn(html: string): string {
  return STATE.exec(html)?.[1] ?? "";
}

/** What htmx 4 adds to a `fetch` of the browser. */
export function htmxFields(port: number, source: string, target: string): Readonly<Record<string, string>> {
  return {
    "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8",
    Accept: "text/html",
    "HX-Request": "true",
    "HX-Request-Type": "partial",
    "HX-Source": source,
    "HX-Target": target,
    "HX-Current-URL": `http://127.0.0.1:${port}/`,
  };
}

/** Names for intents, as the component client makes one for each; cheap, and never the same for two visitors. */
export function intentKeys(): () => string {
  const prefix = randomUUID().slice(0, 24);
  let made = 0;
  return () => prefix + (made++).toString(16).padStart(12, "0");
}
