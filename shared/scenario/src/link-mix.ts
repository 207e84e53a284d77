import { createHash } from "node:crypto";
import { type Link, parseLink } from "./link.js";

/** One of the links that nodes may have. */
export interface WeightedLink {
  /** As it was written, for `--link` of a node and for reports. */
  readonly text: string;
  readonly link: Link;
  /** How often it is drawn in proportion to the others; above zero. */
  readonly weight: number;
}

/** The links that nodes draw from; not empty. */
export type LinkMix = readonly [WeightedLink, ...WeightedLink[]];

/** A weight is no positive number. What else can be wrong is a LinkError. */
export class LinkMixError extends Error {
  override readonly name = "LinkMixError";
  readonly code = "BAD_WEIGHT";
}

/**
 * Reads one link or several: `cable`, `fiber:1,cable:3`, `dsl,delay=40ms`, `fiber,delay=9ms,cable:2`. The name of a profile
 * (or `none`) begins a link and may carry its weight (otherwise 1); settings belong to the link before them.
 * Throws LinkMixError and LinkError.
 */
export function parseLinkMix(text: string): LinkMix {
  const [first = "", ...rest] = text.split(",").map((part) => part.trim());
  const drafts: [Draft, ...Draft[]] = [beginLink(first)];
  let current = drafts[0];
  for (const part of rest) {
    if (part.includes("=")) {
      current.parts.push(part);
    } else {
      current = beginLink(part);
      drafts.push(current);
    }
  }
  const [head, ...others] = drafts;
  return [readLink(head), ...others.map(readLink)];
}

/** The link of one node: the same for the same seed and name, whoever else is in the swarm. */
export function drawLink(mix: LinkMix, seed: string, nodeName: string): WeightedLink {
  const digest = createHash("sha256").update(`${seed}/link/${nodeName}`).digest();
  const fraction = digest.readUIntBE(0, 6) / 2 ** 48;
  let left = fraction * mix.reduce((sum, { weight }) => sum + weight, 0);
  for (const candidate of mix) {
    left -= candidate.weight;
    if (left < 0) return candidate;
  }
  return mix[0];
}

interface Draft {
  readonly parts: string[];
  readonly weight: number;
}

function beginLink(part: string): Draft {
  const colon = part.includes("=") ? -1 : part.indexOf(":");
  if (colon < 0) return { parts: [part], weight: 1 };
  const weightText = part.slice(colon + 1);
  const weight = /^\d+(\.\d+)?$/.test(weightText) ? Number(weightText) : Number.NaN;
  if (!(weight > 0)) throw new LinkMixError(`${part}: give a weight above zero, as in fiber:1,cable:3`);
  return { parts: [part.slice(0, colon)], weight };
}

function readLink({ parts, weight }: Draft): WeightedLink {
  const text = parts.join(",");
  return { text, link: parseLink(text), weight };
}
