import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { DefinitionError } from "hydrant";
import { stopGracefully } from "hydrant/koa";
import { ComponentWebSocketManager } from "hydrant/websocket";
import { doorOf, type Gallery, openGallery } from "./app.js";
import type { Example } from "./example.js";

const HOST = "127.0.0.1";
/** How many ports are tried, from the first on. */
const TRIES = 20;

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}

/** Listens on the first free port; 0 lets the system choose. @returns the port it is. */
async function listenNear(server: Server, first: number): Promise<number> {
  for (let port = first; ; port++) {
    try {
      await listen(server, port);
      return (server.address() as AddressInfo).port;
    } catch (error) {
      if (!isTaken(error) || port >= first + TRIES) throw error;
    }
  }
}

async function letGo(examples: readonly Example[]): Promise<void> {
  await Promise.all(examples.map(({ close }) => close?.()));
}

/** Ends what runs without losing it, as an orchestrator asks for; a second signal ends the process at once. */
function stopOnSignal({ server }: Gallery, http: Server, close: () => Promise<void>): void {
  const stop = (options: { readonly noticeMs: number; readonly withinMs?: number }) =>
    stopGracefully(server, http, { ...options, close });
  process.once("SIGTERM", () => void stop({ noticeMs: 1_000 }));
  // Nobody spreads load over a machine where somebody presses Ctrl+C.
  process.once("SIGINT", () => void stop({ noticeMs: 0, withinMs: 3_000 }));
}

function galleryOf(examples: readonly Example[]): Gallery {
  const { NODE_ENV, HYDRANT_KEY: key } = process.env;
  try {
    // Without a key, development makes one and says so; production refuses to start.
    return openGallery(examples, {
      mode: NODE_ENV === "production" ? "production" : "development",
      keys: key ? [key] : [],
    });
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    console.error(error.message, ...(error.cause === undefined ? [] : [error.cause]));
    process.exit(1);
  }
}

/** Starts the examples on `PORT`, or near 3000, and says where. */
export async function serve(examples: readonly Example[]): Promise<void> {
  const wanted = Number(process.env.PORT ?? 3000);
  const gallery = galleryOf(examples);
  const http = createServer(gallery.app.callback());
  const sockets = new ComponentWebSocketManager(gallery.server, doorOf(examples));
  sockets.listen(http, gallery.app);
  const port = await listenNear(http, wanted);
  stopOnSignal(gallery, http, async () => {
    await sockets.close();
    await letGo(examples);
  });
  if (wanted !== 0 && port !== wanted) console.log(`Port ${wanted} is taken, so the next free one is used.`);
  const what = examples.length === 1 ? `The example "${examples[0]?.title}" is` : "The gallery is";
  console.log(`${what} open at http://${HOST}:${port}`);
  console.log("Stop it with Ctrl+C.");
}
