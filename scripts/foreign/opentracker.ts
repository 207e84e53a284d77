import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TrackerServer } from "../nodes/tracker.js";
import { findProgram } from "../process/find-program.js";
import { commandOn, freePort, type Host } from "../process/host.js";
import type { Scope } from "../process/scope.js";
import { untilListening } from "../process/tcp-table.js";

interface OpentrackerOptions {
  readonly scope: Scope;
  readonly host: Host;
  /** Lower-case hexadecimal: Debian's build serves only torrents that it was told of. */
  readonly infoHashes: Iterable<string>;
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
  await writeFile(join(directory, "whitelist"), `${[...infoHashes].join("\n")}\n`);
  const endpoint = `${host.address}:${port}`;
  const options = ["-i", host.address, "-p", `${port}`, "-P", `${port}`, "-d", directory, "-w", "whitelist"];
  const child = await scope.start({
    name: `opentracker ${endpoint}`,
    command: commandOn(host, "opentracker", ...options),
  });
  await untilListening(child, port, 10_000);
  const baseUrl = `http://${endpoint}`;
  return { child, baseUrl, announceUrl: `${baseUrl}/announce`, udpPort: port };
}

export function missingOpentracker(): string | undefined {
  return findProgram("opentracker") ? undefined : "opentracker";
}
