import { hostname } from "node:os";
import { NodeNetwork } from "@swarmlab/engine/node/node-network";
import type { Clock } from "@swarmlab/engine/ports/clock";
import type { Random } from "@swarmlab/engine/ports/random";
import { formatLink, NO_LINK } from "@swarmlab/scenario/link";
import { AgentClient } from "./agent/agent-client.js";
import { AgentLink } from "./agent/agent-link.js";
import { type NodeLink, ownLink } from "./node-link.js";
import type { PeerContext } from "./peer-context.js";
import type { PeerSettings } from "./settings.js";

/** The link that `--agent` gives, once it is in place, or that of `--link`. Rejects as `AgentLink.open` does. */
export async function openLink(
  settings: PeerSettings,
  clock: Clock,
  random: Random,
  { logger, output, signal }: PeerContext,
): Promise<NodeLink> {
  const system = new NodeNetwork();
  if (settings.agent === undefined) return ownLink(settings.link ?? NO_LINK, system, clock, random, logger);
  const agentLink = await AgentLink.open({
    client: new AgentClient(settings.agent),
    system,
    clock,
    random,
    timeoutMs: settings.agentTimeout,
    logger,
    onPlaced: (node, { link, region, revision, measuredRttMs, backend }) => {
      output.show({
        event: "link",
        node: settings.name ?? node,
        link: formatLink(link),
        backend,
        region: region ?? null,
        revision: revision ?? null,
        measuredRttMs: measuredRttMs ?? null,
      });
    },
    signal,
  });
  return agentLink;
}

/** What the node is called on its metrics. */
export function nodeNameOf({ name }: PeerSettings, link: NodeLink): string {
  return name ?? link.nodeName ?? hostname();
}
