import { inNetworkNamespace } from "@swarmlab/tc-wrapper/command-runner";
import { DelayTables } from "@swarmlab/tc-wrapper/delay-tables";
import type { Logger } from "@swarmlab/telemetry/logger";
import { type NamespaceAccess, TcKernelLinks } from "../links/tc-kernel-links.js";
import { SystemProbes } from "../measurement/system-probes.js";
import type { AgentHost } from "./agent-host.js";
import { kernelAbilities } from "./kernel-abilities.js";

const dockerAccess: NamespaceAccess = {
  commandsFor: ({ pid }) => inNetworkNamespace(`/proc/${pid}/ns/net`),
  hint: "it has just ended, or the agent is not in the host's PID namespace (pid: host)",
  unshapedPorts: [],
};

/** This machine: its kernel, through tc, and its `ping`. */
export async function openSystemHost(logger: Logger): Promise<AgentHost> {
  const tables = await DelayTables.open();
  return {
    abilities: kernelAbilities,
    links: new TcKernelLinks(tables, dockerAccess, logger),
    probes: (place) => new SystemProbes(place),
    close: () => tables.close(),
  };
}
