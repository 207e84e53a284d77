import type { LinkBackend } from "@swarmlab/agent-api/self-link";
import { emulateLink } from "@swarmlab/engine/link/link-network";
import type { Clock } from "@swarmlab/engine/ports/clock";
import type { Network } from "@swarmlab/engine/ports/network";
import type { Random } from "@swarmlab/engine/ports/random";
import { formatLink, type Link } from "@swarmlab/scenario/link";
import { unsupportedImpairments } from "@swarmlab/scenario/unsupported-impairments";
import type { Logger } from "@swarmlab/telemetry/logger";

/** A link that is in place. */
export interface PlacedLink {
  /** As it was declared. */
  readonly link: Link;
  readonly backend: LinkBackend;
  /** Where the agent says that the node is. */
  readonly region: string | undefined;
  /** The agent's number of it. */
  readonly revision: number | undefined;
  /** The median of what this peer measured through its own emulation. */
  readonly measuredRttMs: number | undefined;
}

/** A node's network behind its link. */
export interface NodeLink {
  readonly network: Network;
  /** What the agent calls this node; undefined without an agent. */
  readonly nodeName: string | undefined;
  /** The link as it is now. */
  readonly placed: PlacedLink;
  /** Asks the agent no more. */
  close(): Promise<void>;
}

/** The link that this process was told to emulate; it does not change. */
export function ownLink(link: Link, system: Network, clock: Clock, random: Random, logger: Logger): NodeLink {
  const network = emulateLink(system, clock, random, link);
  const backend = network === system ? "none" : "userspace";
  const placed = { link, backend, region: undefined, revision: undefined, measuredRttMs: undefined } as const;
  logger.info(linkFields(placed), "link in place");
  warnOfDifferences(placed, logger);
  return { network, nodeName: undefined, placed, close: async () => {} };
}

/** A link as the log shows it. */
export function linkFields({ link, backend, region, revision, measuredRttMs }: PlacedLink) {
  return {
    link: formatLink(link),
    backend,
    ...(region === undefined ? {} : { region }),
    ...(revision === undefined ? {} : { revision }),
    ...(measuredRttMs === undefined ? {} : { rtt: `${measuredRttMs.toFixed(1)} ms` }),
  };
}

/** Says what of the declared link this process cannot emulate. */
export function warnOfDifferences({ link, backend, region }: PlacedLink, logger: Logger): void {
  if (backend !== "userspace") return;
  const sentences = unsupportedImpairments(link);
  if (region !== undefined) sentences.push("the longer way to other regions is not emulated");
  for (const sentence of sentences) logger.warn(`the link is not as declared: ${sentence}`);
}
