import { z } from "zod";
import { parseJsonOutput } from "./json-output.js";

/**
 * What joins packets to larger ones, by the names of `ethtool -K` and of `ethtool --json -k`: netem and HTB would count 64
 * KiB as one packet.
 */
const JOINING_OFFLOADS = {
  tso: "tcp-segmentation-offload",
  gso: "generic-segmentation-offload",
  gro: "generic-receive-offload",
  lro: "large-receive-offload",
} as const;

const featureSchema = z.object({ active: z.boolean(), fixed: z.boolean().nullable() });
const featuresSchema = z.array(z.record(z.string(), z.unknown()));

/** Reads what `ethtool --json -k …` prints: the joining offloads that are on and can be switched off. Throws TcOutputError. */
export function parseOffloads(text: string): string[] {
  const [features = {}] = parseJsonOutput("ethtool -k", text, featuresSchema);
  return Object.entries(JOINING_OFFLOADS).flatMap(([name, longName]) => {
    const feature = featureSchema.safeParse(features[longName]).data;
    return feature?.active === true && feature.fixed !== true ? [name] : [];
  });
}
