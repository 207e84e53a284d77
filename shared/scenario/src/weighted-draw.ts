import { createHash } from "node:crypto";

/**
 * One of the candidates, in proportion to their weights (above zero): always the same one for the same seed, purpose
 * (what is drawn: `link`, `region`) and node, whoever else draws.
 */
export function drawWeighted<Candidate extends { readonly weight: number }>(
  candidates: readonly [Candidate, ...Candidate[]],
  draw: { readonly seed: string; readonly purpose: string; readonly nodeName: string },
): Candidate {
  const digest = createHash("sha256").update(`${draw.seed}/${draw.purpose}/${draw.nodeName}`).digest();
  const fraction = digest.readUIntBE(0, 6) / 2 ** 48;
  let left = fraction * candidates.reduce((sum, { weight }) => sum + weight, 0);
  for (const candidate of candidates) {
    left -= candidate.weight;
    if (left < 0) return candidate;
  }
  return candidates[0];
}
