import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Child, ChildError } from "./child.js";

export interface TcpEntry {
  readonly localPort: number;
  readonly remotePort: number;
  readonly state: "established" | "listening" | "other";
}

const states: Readonly<Record<string, TcpEntry["state"]>> = { "01": "established", "0A": "listening" };
const entryPattern = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]{2}) /gm;

/** The IPv4 connections and listeners of the network namespace in which process `pid` lives (Linux). */
export function tcpEntries(pid: number): TcpEntry[] {
  const table = readFileSync(`/proc/${pid}/net/tcp`, "latin1");
  return Array.from(table.matchAll(entryPattern), ([, local = "", remote = "", state = ""]) => ({
    localPort: Number.parseInt(local, 16),
    remotePort: Number.parseInt(remote, 16),
    state: states[state] ?? "other",
  }));
}

/** Resolves when someone in the child's network namespace listens on `port`, for programs that do not say so. */
export async function untilListening(child: Child, port: number, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!tcpEntries(child.pid).some((entry) => entry.state === "listening" && entry.localPort === port)) {
    if (!child.running || performance.now() > deadline) {
      const code = child.running ? "TIMEOUT" : "EXITED";
      throw new ChildError(code, `${child.name} does not listen on port ${port}\n${child.lastWords}`);
    }
    await sleep(10);
  }
}
