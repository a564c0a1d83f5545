import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Contender } from "../socket/contender.js";
import type { Measured } from "../socket/rounds.js";
import { type ConnectionsFound, measureOpen, type Side } from "./connections.js";
import { Crowd } from "./crowd.js";
import { type InstanceName, measureInstances } from "./instances.js";
import { checkSame, listenTo } from "./listened.js";
import { writeTape } from "./tape.js";
import type { TransportName } from "./transports.js";

export interface LiveResult {
  readonly connections: readonly ConnectionsFound[];
  readonly instances: Measured<InstanceName>;
}

const SERVERS: Readonly<Record<TransportName, { readonly bare: string; readonly hydrant: string }>> = {
  sse: { bare: "node-sse", hydrant: "hydrant-sse" },
  ws: { bare: "plain-ws", hydrant: "hydrant-ws" },
};

/** What was started for one comparison, so that all of it ends. */
class Started {
  readonly folder = mkdtempSync(join(tmpdir(), "hydrant-bench-"));
  readonly #stops: (() => void)[] = [];

  async server(name: string, environment: Readonly<Record<string, string>> = {}): Promise<Contender> {
    const contender = await Contender.start(new URL(`./servers/${name}.js`, import.meta.url), environment);
    this.#stops.push(() => contender.stop());
    return contender;
  }

  side(contender: Contender): Side {
    const crowd = Crowd.start();
    this.#stops.push(() => crowd.stop());
    return { contender, crowd };
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    rmSync(this.folder, { recursive: true });
  }
}

/** Ten thousand open connections of Hydrant beside as many of a bare server that sends the same bytes. */
async function measureConnections(transport: TransportName): Promise<ConnectionsFound> {
  const started = new Started();
  try {
    const pageFile = join(started.folder, "page.json");
    const tapeFile = join(started.folder, "tape.json");
    const hydrant = await started.server(SERVERS[transport].hydrant);
    const tape = await listenTo(hydrant.port, transport, pageFile);
    writeTape(tapeFile, tape);
    const bare = await started.server(SERVERS[transport].bare, { BENCH_RECORDED: tapeFile });
    checkSame(bare.name, await listenTo(bare.port, transport, pageFile), tape);
    return await measureOpen({ bare: started.side(bare), hydrant: started.side(hydrant) }, transport);
  } finally {
    started.stop();
  }
}

/** Live parts: what open connections cost, and what a render costs that no event asked for. */
export async function measureLive(): Promise<LiveResult> {
  const instances = await measureInstances();
  const connections: ConnectionsFound[] = [];
  for (const transport of ["sse", "ws"] as const) connections.push(await measureConnections(transport));
  return { connections, instances };
}
