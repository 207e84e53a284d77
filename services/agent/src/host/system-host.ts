import { DelayTables } from "@swarmlab/tc-wrapper/delay-tables";
import type { Logger } from "@swarmlab/telemetry/logger";
import { namespacesByProcess } from "../links/container-namespace.js";
import { TcKernelLinks } from "../links/tc-kernel-links.js";
import { SystemProbes } from "../measurement/system-probes.js";
import type { AgentHost } from "./agent-host.js";
import { kernelAbilities } from "./kernel-abilities.js";

/** This machine: its kernel, through tc, and its `ping`. */
export async function openSystemHost(logger: Logger): Promise<AgentHost> {
  const tables = await DelayTables.open();
  return {
    abilities: kernelAbilities,
    links: new TcKernelLinks({ tables, access: namespacesByProcess, unshapedPorts: [], logger }),
    probes: (place) => new SystemProbes(place),
    close: () => tables.close(),
  };
}
