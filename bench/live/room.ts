import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { freemem } from "node:os";

/** Files and ports that others need. */
const SPARE = 500;
/** Bytes that a connection may need in all processes and the kernel together. */
const BYTES_EACH = 150_000;

export interface Room {
  readonly count: number;
  /** Why there are not as many as wanted. */
  readonly reason: string | undefined;
}

function openFiles(): number {
  const most = execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }).trim();
  return most === "unlimited" ? Number.POSITIVE_INFINITY : Number(most);
}

/** Ports for one end of connections to the same address. */
function ports(): number {
  try {
    const range = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8");
    const [first = 0, last = 0] = range.trim().split(/\s+/).map(Number);
    return last - first + 1;
  } catch {
    // Other systems keep it elsewhere and have more of them than anybody wants here.
    return 16_000;
  }
}

/** How many connections to one server the machine allows. */
export function roomFor(wanted: number): Room {
  const bounds: [number, string][] = [
    [openFiles() - SPARE, "a process may open no more files (ulimit -n)"],
    [ports() - SPARE, "there are no more local ports"],
    [Math.floor(freemem() / BYTES_EACH), "there is no more memory"],
  ];
  const [count, reason] = bounds.reduce((least, bound) => (bound[0] < least[0] ? bound : least));
  return count >= wanted ? { count: wanted, reason: undefined } : { count: Math.max(1, count), reason };
}
