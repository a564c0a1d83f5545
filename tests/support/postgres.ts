import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** A PostgreSQL of its own, which nobody outside its folder can reach. */
export interface PostgresServer {
  readonly url: string;
  /** Starts it again after `stop`; nothing happens while it runs. */
  start(): Promise<void>;
  /** Ends every connection and the server; its data stay. */
  stop(): Promise<void>;
  /** Stops it and takes everything away. */
  remove(): Promise<void>;
}

const DEBIAN = "/usr/lib/postgresql";
const SUPERUSER = "test";
/** So that messages come in English, and nothing of the machine's environment is read. */
const ENVIRONMENT = { LC_ALL: "C", PATH: process.env.PATH };

/** Who runs the server; PostgreSQL refuses to run as root. */
interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/** The folder with the server's programs: on the path, or where Debian keeps them, the newest first. */
function programs(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...(process.env.PATH ?? "").split(delimiter),
    ...versions.map((version) => join(DEBIAN, version, "bin")),
  ];
  return folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
}

function numberOf(flag: "-u" | "-g", user: string): number | undefined {
  const { status, stdout } = spawnSync("id", [flag, user], { encoding: "utf8" });
  return status === 0 ? Number(stdout) : undefined;
}

function account(): Account {
  if (process.getuid?.() !== 0) return {};
  for (const user of ["postgres", "nobody"]) {
    const [uid, gid] = [numberOf("-u", user), numberOf("-g", user)];
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new Error("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as.");
}

function initialise(bin: string, folder: string, user: Account): void {
  const options = ["--auth=trust", `--username=${SUPERUSER}`, "--encoding=UTF8", "--locale=C", "--no-sync"];
  const { status, stderr } = spawnSync(join(bin, "initdb"), ["-D", join(folder, "data"), ...options], {
    ...user,
    cwd: folder,
    env: ENVIRONMENT,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`);
}

/** Resolves when the server takes connections; rejects with what it wrote when it ends instead. */
function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let written = "";
    server.stderr?.setEncoding("utf8").on("data", (text: string) => {
      written += text;
      if (written.includes("ready to accept connections")) resolve();
    });
    server.once("error", reject);
    server.once("exit", () => reject(new Error(`PostgreSQL did not start: ${written}`)));
  });
}

/**
 * Starts a server on a socket in a temporary folder.
 * @returns `undefined` where PostgreSQL's server is not installed.
 */
export async function startPostgres(): Promise<PostgresServer | undefined> {
  const bin = programs();
  if (bin === undefined) return undefined;
  const user = account();
  const folder = mkdtempSync(join(tmpdir(), "postgres-"));
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  let running: ChildProcess | undefined;

  async function start(): Promise<void> {
    if (running !== undefined) return;
    const settings = ["fsync=off", "listen_addresses=", `unix_socket_directories=${folder}`];
    const server = spawn(
      join(bin as string, "postgres"),
      ["-D", join(folder, "data"), ...settings.flatMap((one) => ["-c", one])],
      { ...user, cwd: folder, env: ENVIRONMENT, stdio: ["ignore", "ignore", "pipe"] },
    );
    running = server;
    // A test run that ends early leaves no server behind.
    const end = () => server.kill("SIGQUIT");
    process.once("exit", end);
    server.once("exit", () => process.off("exit", end));
    await ready(server);
  }

  async function stop(): Promise<void> {
    const server = running;
    running = undefined;
    if (server === undefined || server.exitCode !== null) return;
    const ended = new Promise((resolve) => server.once("exit", resolve));
    // PostgreSQL's fast shutdown: it waits for nobody.
    server.kill("SIGINT");
    await ended;
  }

  async function remove(): Promise<void> {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  }

  try {
    initialise(bin, folder, user);
    await start();
  } catch (error) {
    await remove();
    throw error;
  }
  const url = `postgres://${SUPERUSER}@localhost/postgres?host=${encodeURIComponent(folder)}`;
  return { url, start, stop, remove };
}
