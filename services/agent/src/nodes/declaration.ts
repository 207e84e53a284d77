import { NO_LINK } from "@swarmlab/scenario/link";
import { LinkError } from "@swarmlab/scenario/link-error";
import { drawLink, LinkMixError, parseLinkMix } from "@swarmlab/scenario/link-mix";
import { RegionError } from "@swarmlab/scenario/region-error";
import { drawRegion, parseRegionMix } from "@swarmlab/scenario/region-mix";
import type { RegionMatrix } from "@swarmlab/scenario/regions";
import { linkLabel, type NodeContainer, regionLabel } from "../docker/node-container.js";
import type { NamedLink } from "./named-link.js";

/** What a node's labels say, drawn from mixes. */
export interface Declaration {
  readonly named: NamedLink;
  readonly region: string | null;
  /** What is wrong with the labels; the link is then `none` and not to be used. */
  readonly problem: string | null;
}

/** The link and region of a node: the same for the same seed and name, whoever else is in the swarm. */
export function declarationOf(
  { name, link, region }: Pick<NodeContainer, "name" | "link" | "region">,
  seed: string,
  regions: RegionMatrix,
): Declaration {
  let label = linkLabel;
  try {
    const named = drawLink(parseLinkMix(link === "" ? "none" : link), seed, name);
    label = regionLabel;
    const drawnRegion = region === "" ? null : drawRegion(parseRegionMix(region, regions), seed, name);
    return { named, region: drawnRegion, problem: null };
  } catch (error) {
    const isMistake =
      error instanceof LinkError || error instanceof LinkMixError || error instanceof RegionError;
    if (!isMistake) throw error;
    const problem = `label ${label}: ${error.message}`;
    return { named: { text: "none", link: NO_LINK }, region: null, problem };
  }
}
