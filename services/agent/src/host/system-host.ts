import { CommandError, inNetworkNamespace } from "@swarmlab/tc-wrapper/command-runner";
import { DelayTables } from "@swarmlab/tc-wrapper/delay-tables";
import { probeKernel } from "@swarmlab/tc-wrapper/kernel-support";
import { LinkControlError } from "@swarmlab/tc-wrapper/link-control-error";
import type { Logger } from "@swarmlab/telemetry/logger";
import type { KernelAbilities } from "../links/backend-choice.js";
import { TcKernelLinks } from "../links/tc-kernel-links.js";
import { SystemProbes } from "../measurement/system-probes.js";
import type { AgentHost } from "./agent-host.js";

/** What partitions are made of, as tc-wrapper names it. */
const droppingFeatures = ["clsact", "u32", "gact"];

/** This machine: its kernel, through tc, and its `ping`. */
export async function openSystemHost(logger: Logger): Promise<AgentHost> {
  const tables = await DelayTables.open();
  return {
    abilities: kernelAbilities,
    links: new TcKernelLinks(tables, logger),
    probes: (place) => new SystemProbes(place),
    close: () => tables.close(),
  };
}

/** Without the capability or the programs to try, the kernel can do nothing for us. */
async function kernelAbilities(signal: AbortSignal): Promise<KernelAbilities> {
  try {
    const { features, isComplete, explanation } = await probeKernel(inNetworkNamespace(), signal);
    const present = features.filter(({ state }) => state === "present").map(({ name }) => name);
    const canDrop = droppingFeatures.every((name) => present.includes(name));
    return { canShape: isComplete, canDrop, explanation };
  } catch (error) {
    if (!(error instanceof LinkControlError) && !(error instanceof CommandError)) throw error;
    const explanation = `The kernel cannot be told to make links: ${error.message}`;
    return { canShape: false, canDrop: false, explanation };
  }
}
