import { CommandError, inNetworkNamespace } from "@swarmlab/tc-wrapper/command-runner";
import { probeKernel } from "@swarmlab/tc-wrapper/kernel-support";
import { LinkControlError } from "@swarmlab/tc-wrapper/link-control-error";
import type { KernelAbilities } from "../links/backend-choice.js";

/** What partitions are made of, as tc-wrapper names it. */
const droppingFeatures = ["clsact", "u32", "gact"];

/** Tried out in this network namespace. Without the capability or the programs to try, the kernel can do nothing for us. */
export async function kernelAbilities(signal: AbortSignal): Promise<KernelAbilities> {
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
