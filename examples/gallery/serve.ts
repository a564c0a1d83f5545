import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { DefinitionError } from "hydrant";
import { galleryApp } from "./app.js";
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

/** Lets running requests end, then closes; a second signal ends the process at once. */
function closeOnSignal(server: Server, examples: readonly Example[]): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      server.close(() => void letGo(examples));
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), 2_000).unref();
    });
  }
}

function appFor(examples: readonly Example[]) {
  const { NODE_ENV, HYDRANT_KEY: key } = process.env;
  try {
    // Without a key, development makes one and says so; production refuses to start.
    return galleryApp(examples, {
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
  const server = createServer(appFor(examples).callback());
  const port = await listenNear(server, wanted);
  closeOnSignal(server, examples);
  if (wanted !== 0 && port !== wanted) console.log(`Port ${wanted} is taken, so the next free one is used.`);
  const what = examples.length === 1 ? `The example "${examples[0]?.title}" is` : "The gallery is";
  console.log(`${what} open at http://${HOST}:${port}`);
  console.log("Stop it with Ctrl+C.");
}
