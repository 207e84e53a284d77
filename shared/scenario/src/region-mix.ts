import { RegionError } from "./region-error.js";
import type { RegionMatrix } from "./regions.js";
import { drawWeighted } from "./weighted-draw.js";

/** One of the regions that nodes may be in. */
export interface WeightedRegion {
  readonly name: string;
  /** How often it is drawn in proportion to the others; above zero. */
  readonly weight: number;
}

/** The regions that nodes draw from; not empty. */
export type RegionMix = readonly [WeightedRegion, ...WeightedRegion[]];

/** Reads one region or several, each with a weight (otherwise 1): `tokyo`, `frankfurt:2,tokyo:1`. Throws RegionError. */
export function parseRegionMix(text: string, regions: RegionMatrix): RegionMix {
  const [first = "", ...rest] = text.split(",");
  return [parsePart(first, regions), ...rest.map((part) => parsePart(part, regions))];
}

/** The region of one node: the same for the same seed and name, whoever else is in the swarm. */
export function drawRegion(mix: RegionMix, seed: string, nodeName: string): string {
  return drawWeighted(mix, { seed, purpose: "region", nodeName }).name;
}

function parsePart(part: string, regions: RegionMatrix): WeightedRegion {
  const [, name = "", weightText] = /^\s*([^:]*?)\s*(?::(.*?)\s*)?$/s.exec(part) ?? [];
  if (!regions.names.includes(name)) {
    throw new RegionError("UNKNOWN_REGION", `"${name}" is no region, but ${regions.names.join(", ")}`);
  }
  if (weightText === undefined) return { name, weight: 1 };
  const weight = /^\d{1,9}(\.\d{1,9})?$/.test(weightText) ? Number(weightText) : Number.NaN;
  if (weight > 0) return { name, weight };
  throw new RegionError("BAD_WEIGHT", `${part}: give a weight above zero, as in frankfurt:2,tokyo:1`);
}
