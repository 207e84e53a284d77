import { expect } from "vitest";
import type { Interval } from "../instruments/statistics.js";

// Tolerances of a link: what it is declared to be, and what may be measured.

/** Within 1 ms or 5 %. */
export function expectRtt(measuredMs: number, declaredMs: number): void {
  const tolerance = Math.max(1, declaredMs * 0.05);
  note("RTT", `${measuredMs.toFixed(2)} ms of ${declaredMs} ms`);
  expect(measuredMs).toBeGreaterThan(declaredMs - tolerance);
  expect(measuredMs).toBeLessThan(declaredMs + tolerance);
}

/** Within 5 %. */
export function expectRate(measuredBitsPerSecond: number, declaredBitsPerSecond: number): void {
  const mbit = (rate: number): string => (rate / 1e6).toFixed(3);
  note("rate", `${mbit(measuredBitsPerSecond)} Mbit/s of ${mbit(declaredBitsPerSecond)} Mbit/s`);
  expect(measuredBitsPerSecond / declaredBitsPerSecond).toBeGreaterThan(0.95);
  expect(measuredBitsPerSecond / declaredBitsPerSecond).toBeLessThan(1.05);
}

/** Within what chance explains. */
export function expectWithin(what: string, measured: number, { from, to }: Interval): void {
  note(what, `${measured.toFixed(2)} of ${from.toFixed(2)} to ${to.toFixed(2)}`);
  expect(measured).toBeGreaterThanOrEqual(from);
  expect(measured).toBeLessThanOrEqual(to);
}

/** Prints a measured figure, beside the tests that it belongs to. */
export function note(what: string, figures: string): void {
  process.stdout.write(`     ${what}: ${figures}\n`);
}
