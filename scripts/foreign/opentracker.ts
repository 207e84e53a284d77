import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TrackerServer } from "../nodes/tracker.js";
import { findProgram } from "../process/find-program.js";
import { commandOn, freePort, type Host } from "../process/host.js";
import type { Scope } from "../process/scope.js";
import { untilListening } from "../process/tcp-table.js";

const startMs = 10_000;

interface OpentrackerOptions {
  readonly scope: Scope;
  readonly host: Host;
  /** Lower-case hexadecimal: Debian's build serves only torrents that it was told of. */
  readonly infoHashes: readonly string[];
}

/** opentracker: HTTP and UDP on one port. */
export async function startOpentracker({
  scope,
  host,
  infoHashes,
}: OpentrackerOptions): Promise<TrackerServer> {
  const port = await freePort();
  const directory = await scope.scratchDirectory("opentracker");
  // It changes its root to this directory and its user to `nobody`.
  await chmod(directory, 0o755);
  await writeFile(join(directory, "whitelist"), `${infoHashes.join("\n")}\n`);
  const endpoint = `${host.address}:${port}`;
  const options = ["-i", host.address, "-p", `${port}`, "-P", `${port}`, "-d", directory, "-w", "whitelist"];
  const child = await scope.start({
    name: `opentracker ${endpoint}`,
    command: commandOn(host, "opentracker", ...options),
  });
  await untilListening(child, port, startMs);
  const baseUrl = `http://${endpoint}`;
  const tracker = { child, baseUrl, announceUrl: `${baseUrl}/announce`, udpPort: port };
  await untilWhitelistRead(tracker, infoHashes[0] ?? "");
  return tracker;
}

/** It reads the list while it serves already, and refuses everything until then. */
async function untilWhitelistRead(tracker: TrackerServer, infoHash: string): Promise<void> {
  const query = new URLSearchParams({
    peer_id: "-XX0000-example-wait",
    port: "1",
    left: "0",
    event: "stopped",
  });
  const url = `${tracker.announceUrl}?info_hash=${infoHash.replaceAll(/../g, "%$&")}&${query}`;
  const deadline = performance.now() + startMs;
  while ((await fetch(url).then((response) => response.text())).includes("failure reason")) {
    if (performance.now() > deadline) throw new Error(`${tracker.child.name} does not serve ${infoHash}`);
    await sleep(20);
  }
}

export function missingOpentracker(): string | undefined {
  return findProgram("opentracker") ? undefined : "opentracker";
}
