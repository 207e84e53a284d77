import { parseLink } from "@swarmlab/scenario/link";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { certificateOf, isDisproved, measuredRate, measuredRtt, problemOf } from "./certificate.js";
import { expectedRtt } from "./expected-rtt.js";

const expected = (link: string) => expectedRtt([parseLink(link)]);
const samples = (rttMs: number) => Array<number>(10).fill(rttMs);
const isRight = (link: string, rttMs: number) =>
  measuredRtt(expected(link), samples(rttMs)).isWithinTolerance;

describe("a round trip", () => {
  it("is right within 1 ms of a short one, and 5 % of a long one", () => {
    expect(isRight("delay=2ms", 5)).toBe(true);
    expect(isRight("delay=2ms", 5.1)).toBe(false);
    expect(isRight("delay=2ms", 2.9)).toBe(false);
    expect(isRight("delay=300ms", 630)).toBe(true);
    expect(isRight("delay=300ms", 631)).toBe(false);
    expect(isRight("none", 0.9)).toBe(true);
    expect(isRight("none", 1.1)).toBe(false);
  });

  it("is its median, which one straggler does not change", () => {
    const rtt = measuredRtt(expected("delay=10ms"), [...samples(20.2), 400]);
    expect(rtt).toEqual({
      declaredMs: 20,
      measuredMs: 20.2,
      minMs: 20.2,
      maxMs: 400,
      samples: 11,
      isWithinTolerance: true,
    });
    expect(measuredRtt(expected("delay=10ms"), [19, 22]).measuredMs).toBe(20.5);
  });

  it("may stray as jitter makes it, the less the more samples there are", () => {
    const link = "delay=50ms,jitter=5ms,distribution=normal";
    // Three standard errors of the median of 10: 3 x 1.2533 x sqrt(2) x 5 / sqrt(10) = 8.4 ms.
    expect(isRight(link, 109)).toBe(true);
    expect(isRight(link, 110)).toBe(false);
    expect(measuredRtt(expected(link), Array<number>(90).fill(109)).isWithinTolerance).toBe(false);
  });

  it("is right with real jitter nearly always", () => {
    // Sums of two uniform draws of 10 ms around 40 ms each.
    const draw = fc.double({ min: -10, max: 10, noNaN: true });
    const runs = fc.sample(fc.array(fc.tuple(draw, draw), { minLength: 10, maxLength: 10 }), 300);
    const link = expected("delay=40ms,jitter=10ms");
    const right = runs.filter(
      (run) =>
        measuredRtt(
          link,
          run.map(([up, down]) => 80 + up + down),
        ).isWithinTolerance,
    );
    expect(right.length).toBeGreaterThan(290);
  });

  it("is judged by the packets that were not sent ahead of their turn", () => {
    const link = expected("delay=20ms,reorder=25%");
    // 44 % of the round trips miss one delay or both.
    expect(measuredRtt(link, [0, 20, 20, 20, ...Array<number>(6).fill(40)]).measuredMs).toBe(40);
  });
});

describe("a rate", () => {
  it("is right within 5 %, and whatever it is where none is declared", () => {
    expect(measuredRate(1e6, 1.05e6).isWithinTolerance).toBe(true);
    expect(measuredRate(1e6, 0.949e6).isWithinTolerance).toBe(false);
    expect(measuredRate(undefined, 7.6)).toEqual({
      declaredBitsPerSecond: null,
      measuredBitsPerSecond: 8,
      isWithinTolerance: true,
    });
  });
});

describe("a certificate", () => {
  const certificate = (rttMs: number, up: number, isConclusive: boolean) =>
    certificateOf(
      {
        revision: 1,
        rtt: measuredRtt(expected("delay=10ms"), samples(rttMs)),
        up: measuredRate(1e6, up),
        down: null,
        isConclusive,
      },
      0,
    );

  it("is within tolerance when all of it is", () => {
    expect(certificate(20, 1e6, true)).toMatchObject({
      isWithinTolerance: true,
      measuredAt: "1970-01-01T00:00:00.000Z",
    });
    expect(certificate(20, 2e6, true).isWithinTolerance).toBe(false);
    expect(certificate(30, 1e6, true).isWithinTolerance).toBe(false);
  });

  it("of a busy link proves that it is too short or too fast, and nothing else", () => {
    expect(isDisproved(certificate(30, 1e6, true))).toBe(true);
    expect(isDisproved(certificate(30, 1e6, false))).toBe(false);
    expect(isDisproved(certificate(20, 0.5e6, false))).toBe(false);
    expect(isDisproved(certificate(10, 1e6, false))).toBe(true);
    expect(isDisproved(certificate(20, 2e6, false))).toBe(true);
    expect(isDisproved(certificate(20, 1e6, true))).toBe(false);
  });

  it("says all that is wrong", () => {
    expect(problemOf(certificate(30, 2e6, false))).toBe(
      "the round trip takes 30 ms instead of 20 ms, the rate up is 2000 kbit/s instead of 1000 " +
        "(measured beside other traffic, which may be the reason)",
    );
  });
});
