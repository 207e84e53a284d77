import { parseLink } from "@swarmlab/scenario/link";
import { describe, expect, it } from "vitest";
import { expectedRtt, lostFraction } from "./expected-rtt.js";

describe("expectedRtt", () => {
  it("is twice the one-way delays and what lies between", () => {
    const links = [parseLink("delay=10ms"), parseLink("delay=25ms")];
    expect(expectedRtt(links, 140)).toMatchObject({ declaredMs: 210, deviationMs: 0, answeredFraction: 1 });
  });

  it("adds up independent jitter of four ways", () => {
    const uniform = parseLink("delay=50ms,jitter=6ms");
    expect(expectedRtt([uniform]).deviationMs).toBeCloseTo(Math.sqrt(2 * 12));
    const normal = parseLink("delay=50ms,jitter=6ms,distribution=normal");
    expect(expectedRtt([normal, normal]).deviationMs).toBeCloseTo(12);
  });

  it("knows how many packets come back, and come back early", () => {
    const { answeredFraction, undelayedFraction } = expectedRtt([
      parseLink("delay=5ms,loss=10%,corrupt=50%,reorder=20%"),
    ]);
    expect(answeredFraction).toBeCloseTo((0.9 * 0.5) ** 2);
    expect(undelayedFraction).toBeCloseTo(1 - 0.64);
  });
});

describe("lostFraction", () => {
  it("of bursts is the average over both states", () => {
    // Bad for 1 / (1 + 3) of the time.
    expect(lostFraction(parseLink("loss=gemodel:1%:3%:80%:4%"))).toBeCloseTo(0.25 * 0.8 + 0.75 * 0.04);
    expect(lostFraction(parseLink("loss=gemodel:0%:0%:80%:4%"))).toBeCloseTo(0.04);
  });
});
