import { NO_LINK } from "@swarmlab/scenario/link";
import { LinkError } from "@swarmlab/scenario/link-error";
import { drawLink, LinkMixError, parseLinkMix } from "@swarmlab/scenario/link-mix";
import { RegionError } from "@swarmlab/scenario/region-error";
import { drawRegion, parseRegionMix } from "@swarmlab/scenario/region-mix";
import type { RegionMatrix } from "@swarmlab/scenario/regions";
import type { NodeContainer } from "../docker/node-container.js";
import type { NamedLink } from "./named-link.js";

/** Where people write down a node's link and region, as they call it: `label swarmlab.link`. */
export interface DeclaringPlaces {
  readonly link: string;
  readonly region: string;
}

/** What a node's labels, or a pod's annotations, say, drawn from mixes. */
export interface Declaration {
  readonly named: NamedLink;
  readonly region: string | null;
  /** What is wrong with them; the link is then `none` and not to be used. */
  readonly problem: string | null;
}

/** The link and region of a node: the same for the same seed and name, whoever else is in the swarm. */
export function declarationOf(
  { name, link, region }: Pick<NodeContainer, "name" | "link" | "region">,
  seed: string,
  regions: RegionMatrix,
  places: DeclaringPlaces,
): Declaration {
  let place = places.link;
  try {
    const named = drawLink(parseLinkMix(link === "" ? "none" : link), seed, name);
    place = places.region;
    const drawnRegion = region === "" ? null : drawRegion(parseRegionMix(region, regions), seed, name);
    return { named, region: drawnRegion, problem: null };
  } catch (error) {
    const isMistake =
      error instanceof LinkError || error instanceof LinkMixError || error instanceof RegionError;
    if (!isMistake) throw error;
    const problem = `${place}: ${error.message}`;
    return { named: { text: "none", link: NO_LINK }, region: null, problem };
  }
}
