import type { OwnPlace } from "../docker/own-place.js";
import type { KernelAbilities } from "../links/backend-choice.js";
import type { KernelLinks } from "../links/kernel-links.js";
import type { LinkProbes } from "../measurement/link-probes.js";
import type { PathProbe } from "../measurement/region-paths.js";

/** The machine that the agent runs on, as far as links are concerned. */
export interface AgentHost {
  /** What the kernel can do, found out by trying. */
  abilities(signal: AbortSignal): Promise<KernelAbilities>;
  readonly links: KernelLinks;
  /** What measures: from the agent's own address on the swarm's network, once it is known, or against an echo server. */
  probes(place: OwnPlace): LinkProbes & { readonly path: PathProbe };
  close(): Promise<void>;
}
