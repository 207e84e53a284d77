import type { LinkCertificate } from "@swarmlab/agent-api/node-link";
import type { ExpectedRtt } from "./expected-rtt.js";

export type RttMeasurement = LinkCertificate["rtt"];
export type RateMeasurement = NonNullable<LinkCertificate["up"]>;

const relativeTolerance = 0.05;
const rttToleranceMs = 1;
/** The median of 10 samples strays less than three of its standard errors in 997 of 1000 cases. */
const standardErrors = 3;
/** Of a median, in standard errors of a mean, for normally distributed samples. */
const medianPenalty = Math.sqrt(Math.PI / 2);

/**
 * Round trips beside what was declared. They agree when their median is within 5 %, or within 1 ms and what jitter does
 * to the median of so many samples. `samplesMs` may not be empty.
 */
export function measuredRtt(expected: ExpectedRtt, samplesMs: readonly number[]): RttMeasurement {
  const sorted = [...samplesMs].sort((a, b) => a - b);
  // Of the round trips that were delayed in both directions.
  const delayed = sorted.slice(Math.round(expected.undelayedFraction * sorted.length));
  const measuredMs = median(delayed.length === 0 ? sorted : delayed);
  const jitterMs = (standardErrors * medianPenalty * expected.deviationMs) / Math.sqrt(sorted.length);
  const toleranceMs = Math.max(rttToleranceMs + jitterMs, relativeTolerance * expected.declaredMs);
  return {
    declaredMs: expected.declaredMs,
    measuredMs: toMicroseconds(measuredMs),
    minMs: toMicroseconds(sorted[0] ?? measuredMs),
    maxMs: toMicroseconds(sorted.at(-1) ?? measuredMs),
    samples: sorted.length,
    isWithinTolerance: Math.abs(measuredMs - expected.declaredMs) <= toleranceMs,
  };
}

/** A rate beside what was declared; they agree within 5 %, and always when no rate was declared. */
export function measuredRate(
  declaredBitsPerSecond: number | undefined,
  measuredBitsPerSecond: number,
): RateMeasurement {
  const isWithinTolerance =
    declaredBitsPerSecond === undefined ||
    Math.abs(measuredBitsPerSecond - declaredBitsPerSecond) <= relativeTolerance * declaredBitsPerSecond;
  return {
    declaredBitsPerSecond: declaredBitsPerSecond ?? null,
    measuredBitsPerSecond: Math.round(measuredBitsPerSecond),
    isWithinTolerance,
  };
}

export function certificateOf(
  parts: Omit<LinkCertificate, "isWithinTolerance" | "measuredAt">,
  nowMs: number,
): LinkCertificate {
  const { rtt, up, down } = parts;
  const isWithinTolerance = [rtt, up, down].every((part) => part?.isWithinTolerance !== false);
  return { ...parts, measuredAt: new Date(nowMs).toISOString(), isWithinTolerance };
}

/** Whether a link was shown not to be what was declared. Other traffic makes it seem slower and longer, never the contrary. */
export function isDisproved(certificate: LinkCertificate): boolean {
  if (certificate.isWithinTolerance) return false;
  if (certificate.isConclusive) return true;
  const { rtt, up, down } = certificate;
  const isShorter = !rtt.isWithinTolerance && rtt.measuredMs < rtt.declaredMs;
  return isShorter || [up, down].some((rate) => rate !== null && isFaster(rate));
}

/** What a certificate that is not within tolerance finds wrong. */
export function problemOf({ rtt, up, down, isConclusive }: LinkCertificate): string {
  const findings: string[] = [];
  if (!rtt.isWithinTolerance) {
    findings.push(`the round trip takes ${round(rtt.measuredMs)} ms instead of ${round(rtt.declaredMs)} ms`);
  }
  for (const [direction, rate] of [["up", up] as const, ["down", down] as const]) {
    if (rate === null || rate.isWithinTolerance) continue;
    const declared = round((rate.declaredBitsPerSecond ?? 0) / 1000);
    findings.push(
      `the rate ${direction} is ${round(rate.measuredBitsPerSecond / 1000)} kbit/s instead of ${declared}`,
    );
  }
  const remark = isConclusive ? "" : " (measured beside other traffic, which may be the reason)";
  return findings.join(", ") + remark;
}

function isFaster({ declaredBitsPerSecond, measuredBitsPerSecond, isWithinTolerance }: RateMeasurement) {
  return !isWithinTolerance && measuredBitsPerSecond > (declaredBitsPerSecond ?? 0);
}

function median(sorted: readonly number[]): number {
  const middle = (sorted.length - 1) / 2;
  const below = sorted[Math.floor(middle)] ?? Number.NaN;
  const above = sorted[Math.ceil(middle)] ?? Number.NaN;
  return (below + above) / 2;
}

/** Milliseconds with the three decimals that mean something. */
function toMicroseconds(timeMs: number): number {
  return Math.round(timeMs * 1000) / 1000;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
