import { DelayTables } from "@swarmlab/tc-wrapper/delay-tables";
import type { Logger } from "@swarmlab/telemetry/logger";
import type { AgentHost } from "../host/agent-host.js";
import { kernelAbilities } from "../host/kernel-abilities.js";
import { TcKernelLinks } from "../links/tc-kernel-links.js";
import { EchoProbes } from "./echo-probes.js";
import type { PodSettings } from "./pod-settings.js";

/** The pod that this process is in: its network namespace, which is this process's own, and an echo server outside. */
export async function openPodHost(
  { echoServer, unshapedPorts }: PodSettings,
  logger: Logger,
): Promise<AgentHost> {
  const tables = await DelayTables.open();
  const hint = "the address is not that of the pod that the agent is in";
  const access = { fileOf: () => undefined, hint };
  return {
    abilities: kernelAbilities,
    links: new TcKernelLinks({ tables, access, unshapedPorts, logger }),
    probes: () => new EchoProbes(echoServer),
    close: () => tables.close(),
  };
}
