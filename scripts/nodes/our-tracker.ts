import { commandOn, type Host } from "../process/host.js";
import { eventNamed, textField } from "../process/json-lines.js";
import type { Scope } from "../process/scope.js";
import { serviceProgram } from "./services.js";
import type { TrackerServer } from "./tracker.js";

export interface OurTrackerOptions {
  readonly scope: Scope;
  readonly host: Host;
  /** Where the catalogue is kept. */
  readonly directory: string;
  /** Default: any free one. */
  readonly port?: number;
  /** How often peers are to announce themselves. Default 2, which suits swarms that live for seconds. */
  readonly intervalSeconds?: number;
  /** Options of Node itself and prefixes such as `taskset`. */
  readonly runner?: readonly string[];
}

/** Starts the tracker of this repository and waits until it serves. */
export async function startOurTracker(options: OurTrackerOptions): Promise<TrackerServer> {
  const { scope, host, port = 0, intervalSeconds = 2 } = options;
  const [program, ...args] = [...(options.runner ?? []), process.execPath, serviceProgram("tracker")];
  const child = await scope.start({
    name: `tracker ${host.address}`,
    command: commandOn(
      host,
      program ?? process.execPath,
      ...args,
      `--listen=${host.address}:${port}`,
      `--data=${options.directory}`,
      `--interval=${intervalSeconds}s`,
      "--json",
    ),
  });
  const ready = await child.waitForLine("it was ready", 20_000, eventNamed("ready"));
  const baseUrl = textField(ready, "http");
  return {
    child,
    baseUrl,
    announceUrl: `${baseUrl}/announce`,
    udpPort: Number(new URL(textField(ready, "udp")).port),
  };
}
