import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Context } from "koa";
import type { ComponentServer } from "../../core/index.js";

interface Asset {
  readonly body: Buffer;
  readonly type: string;
}

/** Scripts and the built-in stylesheet under names that change with their content. */
export interface Assets {
  /** The scripts that every page with components loads, in order. */
  readonly scripts: readonly AssetName[];
  /** The hashed file name: `htmx` → `htmx.1a2b3c4d5e.js`. */
  fileName(name: AssetName): string;
  /** Answers `{prefix}/_assets/{file}`; false when there is no such file. */
  serve(ctx: Context, file: string): boolean;
}

const require = createRequire(import.meta.url);
const htmx = (file: string): string => require.resolve(`htmx.org/dist/${file}`);
const own = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

const SOURCES = {
  htmx: { path: () => htmx("htmx.min.js"), ending: "js" },
  "component-client": { path: () => own("public/component-client.js"), ending: "js" },
  "form-client": { path: () => own("public/form-client.js"), ending: "js" },
  "upload-client": { path: () => own("public/upload-client.js"), ending: "js" },
  "stream-client": { path: () => own("public/stream-client.js"), ending: "js" },
  "live-client": { path: () => own("public/live-client.js"), ending: "js" },
  "socket-client": { path: () => own("public/socket-client.js"), ending: "js" },
  "hx-sse": { path: () => htmx("ext/hx-sse.min.js"), ending: "js" },
  "hx-ws": { path: () => htmx("ext/hx-ws.min.js"), ending: "js" },
  pages: { path: () => own("templates/pages.css"), ending: "css" },
} as const;

export type AssetName = keyof typeof SOURCES;

const TYPES = { js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8" } as const;

/** Pages load the scripts for what the server's components have. */
export function loadAssets({ features: { forms, uploads, streams, live } }: Pick<ComponentServer, "features">): Assets {
  const names = new Map<string, string>();
  const files = new Map<string, Asset>();
  for (const [name, { path, ending }] of Object.entries(SOURCES)) {
    const body = readFileSync(path());
    const hash = createHash("sha256").update(body).digest("hex").slice(0, 12);
    const file = `${name}.${hash}.${ending}`;
    names.set(name, file);
    files.set(file, { body, type: TYPES[ending] });
  }
  return {
    scripts: [
      "htmx",
      "component-client",
      ...(forms ? (["form-client"] as const) : []),
      ...(uploads ? (["upload-client"] as const) : []),
      ...(streams ? (["stream-client", "hx-sse"] as const) : []),
      ...(live ? (["live-client"] as const) : []),
    ],
    fileName: (name) => names.get(name) as string,
    serve(ctx, file) {
      const asset = files.get(file);
      if (asset === undefined) return false;
      ctx.status = 200;
      ctx.set("Content-Type", asset.type);
      ctx.set("Cache-Control", "public, max-age=31536000, immutable");
      ctx.set("X-Content-Type-Options", "nosniff");
      ctx.body = asset.body;
      return true;
    },
  };
}
