import { DELAY_DISTRIBUTIONS, type DelayDistribution } from "@swarmlab/scenario/link";
import { delayTable } from "@swarmlab/tc-wrapper/plan/delay-table";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { measureRtt, ping } from "../instruments/ping.js";
import { distributionDistance, median } from "../instruments/statistics.js";
import { expectRtt, note } from "./expectations.js";
import { createNetemLab, type NetemLab } from "./netem-lab.js";

let lab: NetemLab<"a" | "b" | "c" | "d" | "core">;
beforeAll(async () => {
  lab = await createNetemLab(["a", "b", "c", "d", "core"]);
});
afterAll(() => lab.close());

describe("a delay", () => {
  it.each([0.1, 1, 20, 150])(
    "of %d ms one way makes twice as much a round trip, over IPv4 and IPv6",
    async (delayMs) => {
      const { a, core } = lab.nodes;
      await a.apply(`delay=${delayMs}ms`);
      for (const address of [core.ipv4, core.ipv6]) {
        expectRtt(await measureRtt(a.commands, address), 2 * delayMs);
      }
      // The other way round it is the same link.
      expectRtt(await measureRtt(core.commands, a.ipv4), 2 * delayMs);
    },
  );

  it("adds up with that of the other node", async () => {
    const { a, b } = lab.nodes;
    await Promise.all([a.apply("delay=20ms"), b.apply("delay=35ms")]);
    expectRtt(await measureRtt(a.commands, b.ipv4), 2 * (20 + 35));
  });
});

describe("jitter", () => {
  const delayMs = 30;
  const jitterMs = 6;
  // Further apart than delays stray: a packet waits for the one before it, so that none overtakes.
  const pace = { intervalMs: 45 };
  /** Of the distance from a distribution: for what else goes on in the machine. */
  const allowance = 0.03;

  it("spreads as its distribution says: uniform, normal, pareto, paretonormal", async () => {
    const { a, b, c, d, core } = lab.nodes;
    const nodes = { uniform: a, normal: b, pareto: c, paretonormal: d };
    const measure = async (
      link: (distribution: DelayDistribution) => string,
      count: number,
    ): Promise<(readonly number[])[]> => {
      for (const distribution of DELAY_DISTRIBUTIONS) await nodes[distribution].apply(link(distribution));
      // Nothing else is done meanwhile.
      const results = await Promise.all(
        DELAY_DISTRIBUTIONS.map((name) => ping(nodes[name].commands, core.ipv4, { ...pace, count })),
      );
      for (const { received, sent } of results) expect(received).toBe(sent);
      return results.map(({ rttMs }) => rttMs);
    };
    // What the machine itself adds is measured without jitter.
    const plain = await measure(() => `delay=${delayMs}ms`, 30);
    const jittered = await measure(
      (distribution) => `delay=${delayMs}ms,jitter=${jitterMs}ms,distribution=${distribution}`,
      300,
    );
    for (const [index, distribution] of DELAY_DISTRIBUTIONS.entries()) {
      const middleMs = median(plain[index] ?? []);
      const deviations = (jittered[index] ?? []).map((rttMs) => (rttMs - middleMs) / jitterMs);
      const distances = DELAY_DISTRIBUTIONS.map((candidate) =>
        distributionDistance(deviations, ofRoundTrip(candidate)),
      );
      note(
        distribution,
        DELAY_DISTRIBUTIONS.map((name, index) => `${name} ${distances[index]?.toFixed(3)}`).join(", "),
      );
      const own = distances[index] ?? 1;
      expect(own).toBeLessThan(1.95 / Math.sqrt(deviations.length) + allowance);
      expect(own).toBe(Math.min(...distances));
    }
  });
});

/** How probable it is that two delays, one each way, stray together by no more than so many deviations. */
function ofRoundTrip(distribution: DelayDistribution): (deviations: number) => number {
  const entries = delayTable(distribution)
    .split(/\s+/)
    .filter((text) => text !== "")
    .map((text) => Number(text) / 8192);
  const one = entries.filter((_, index) => index % 16 === 8);
  const sums = one.flatMap((there) => one.map((back) => there + back)).sort((a, b) => a - b);
  return (deviations) => {
    let low = 0;
    let high = sums.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) <= deviations) low = middle + 1;
      else high = middle;
    }
    return low / sums.length;
  };
}
