import { type DistributionBound, distributionBound, type NodeRates } from "@swarmlab/scenario/bounds";
import { payloadBitsPerSecond } from "@swarmlab/scenario/frame";
import type { SwarmMeasurement } from "../run/measurement.js";

/** How a run compares with the theoretical optimum, or why it cannot be compared. */
export type Theory =
  | {
      readonly kind: "bound";
      readonly bound: DistributionBound;
      /** The bound divided by the time to the last leecher; 1 is the optimum. */
      readonly efficiency: number;
    }
  | { readonly kind: "none"; readonly reason: string };

/**
 * Compares a run in which all leechers were there from the start and stayed to the end with the least time that its
 * links allow, payload with payload.
 */
export function compareWithBound(swarm: SwarmMeasurement, lastSeconds: number): Theory {
  if (swarm.totalBytes === 0) return { kind: "none", reason: "there was nothing to transfer" };
  const bare = swarm.peers.find(({ link, backend }) => backend === "none" && isLimited(link));
  if (bare) return { kind: "none", reason: `nothing emulated the link of ${bare.name}` };
  const [seeder] = swarm.peers.filter(({ role }) => role === "seeder").map(({ link }) => payloadRates(link));
  const leechers = swarm.peers.filter(({ role }) => role === "leecher").map(({ link }) => payloadRates(link));
  const bound = distributionBound({
    fileBytes: swarm.totalBytes,
    leechers,
    pieceCount: swarm.pieceCount,
    ...(seeder?.upBitsPerSecond !== undefined && { seederUpBitsPerSecond: seeder.upBitsPerSecond }),
  });
  if (bound.bindingTerm === "unlimited") return { kind: "none", reason: "no link limits the rate" };
  return { kind: "bound", bound, efficiency: bound.seconds / lastSeconds };
}

function isLimited({ upBitsPerSecond, downBitsPerSecond }: NodeRates): boolean {
  return upBitsPerSecond !== undefined || downBitsPerSecond !== undefined;
}

function payloadRates({ upBitsPerSecond, downBitsPerSecond }: NodeRates): NodeRates {
  return {
    ...(upBitsPerSecond !== undefined && { upBitsPerSecond: payloadBitsPerSecond(upBitsPerSecond) }),
    ...(downBitsPerSecond !== undefined && { downBitsPerSecond: payloadBitsPerSecond(downBitsPerSecond) }),
  };
}
