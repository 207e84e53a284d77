import { DelayTables } from "@swarmlab/tc-wrapper/delay-tables";
import type { Logger } from "@swarmlab/telemetry/logger";
import { namespacesByProcess } from "../links/container-namespace.js";
import { TcKernelLinks } from "../links/tc-kernel-links.js";
import { SystemProbes } from "../measurement/system-probes.js";
import type { AgentHost } from "./agent-host.js";
import { kernelAbilities } from "./kernel-abilities.js";

/** This machine: its kernel, through tc, and its `ping`. `procFolder` shows the processes that Docker names. */
export async function openSystemHost(procFolder: string, logger: Logger): Promise<AgentHost> {
  const access = namespacesByProcess(procFolder);
  const tables = await DelayTables.open();
  return {
    abilities: kernelAbilities,
    links: new TcKernelLinks({ tables, access, unshapedPorts: [], logger }),
    probes: (place) => new SystemProbes(place, access),
    close: () => tables.close(),
  };
}
