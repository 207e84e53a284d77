import type { Route } from "@swarmlab/tc-wrapper/interface-link";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { measureRtt, ping } from "../instruments/ping.js";
import { expectRtt, note } from "./expectations.js";
import { createNetemLab, type LabNode, type NetemLab } from "./netem-lab.js";

const regions = ["frankfurt", "london", "virginia", "tokyo", "sydney"] as const;
type Region = (typeof regions)[number];

/** Round trips between regions in milliseconds, as an example. */
const rttMs: Readonly<Record<Region, Readonly<Record<Region, number>>>> = {
  frankfurt: { frankfurt: 0, london: 15, virginia: 90, tokyo: 225, sydney: 285 },
  london: { frankfurt: 15, london: 0, virginia: 76, tokyo: 210, sydney: 265 },
  virginia: { frankfurt: 90, london: 76, virginia: 0, tokyo: 145, sydney: 200 },
  tokyo: { frankfurt: 225, london: 210, virginia: 145, tokyo: 0, sydney: 115 },
  sydney: { frankfurt: 285, london: 265, virginia: 200, tokyo: 115, sydney: 0 },
};

const accessDelayMs = 5;

let lab: NetemLab<Region>;
beforeAll(async () => {
  lab = await createNetemLab(regions);
});
afterAll(() => lab.close());

/** Each node adds its half of the round trip on the way to each other region. */
function routesFrom(region: Region): Route[] {
  return regions
    .filter((other) => other !== region)
    .map((other) => ({
      delayMs: rttMs[region][other] / 2,
      destinations: [lab.nodes[other].ipv4, lab.nodes[other].ipv6],
    }));
}

describe("five regions", () => {
  it("are as far from each other as their matrix says, all pairs, both ways", async () => {
    await Promise.all(
      regions.map((region) =>
        lab.nodes[region].apply(`delay=${accessDelayMs}ms`, { routes: routesFrom(region) }),
      ),
    );
    for (const from of regions) {
      for (const to of regions.filter((other) => other !== from)) {
        note(from, to);
        expectRtt(
          await measureRtt(lab.nodes[from].commands, lab.nodes[to].ipv4),
          rttMs[from][to] + 4 * accessDelayMs,
        );
      }
    }
  });

  it("are as far over IPv6", async () => {
    const { frankfurt, tokyo } = lab.nodes;
    expectRtt(await measureRtt(frankfurt.commands, tokyo.ipv6), 225 + 4 * accessDelayMs);
    expectRtt(await measureRtt(tokyo.commands, frankfurt.ipv6), 225 + 4 * accessDelayMs);
  });

  it("let a longer prefix count before a shorter one", async () => {
    const { london, frankfurt, sydney } = lab.nodes;
    await london.apply("delay=5ms", {
      routes: [
        { delayMs: 30, destinations: ["10.78.0.0/16"] },
        { delayMs: 0, destinations: [frankfurt.ipv4] },
      ],
    });
    await Promise.all([frankfurt.apply("none"), sydney.apply("none")]);
    expectRtt(await measureRtt(london.commands, frankfurt.ipv4), 10);
    expectRtt(await measureRtt(london.commands, sydney.ipv4), 40);
  });
});

describe("blocked addresses", () => {
  it.each(["delay=5ms", "none"])(
    "cut nodes off from each other until they are freed, on a link of %s",
    async (link) => {
      const { virginia, tokyo, sydney } = lab.nodes;
      await Promise.all([tokyo.apply("none"), sydney.apply("none")]);
      await virginia.apply(link, { blockedAddresses: [tokyo.ipv4, tokyo.ipv6] });
      const reached = async (from: LabNode, to: LabNode): Promise<number[]> => {
        const pings = [to.ipv4, to.ipv6].map((address) => ping(from.commands, address, { count: 3 }));
        return (await Promise.all(pings)).map(({ received }) => received);
      };
      const [there, back] = await Promise.all([reached(virginia, tokyo), reached(tokyo, virginia)]);
      expect([there, back]).toEqual([
        [0, 0],
        [0, 0],
      ]);
      expect(await reached(virginia, sydney)).toEqual([3, 3]);
      await virginia.apply(link);
      expect(await reached(virginia, tokyo)).toEqual([3, 3]);
      expect(await reached(tokyo, virginia)).toEqual([3, 3]);
    },
  );

  it("are dropped at either end", async () => {
    const { virginia, tokyo } = lab.nodes;
    // Only what comes in is left to stop it: tokyo sends, and nothing would go back.
    await virginia.apply("none", { blockedAddresses: ["10.78.0.0/24"] });
    await tokyo.apply("none");
    const drops = await ping(tokyo.commands, virginia.ipv4, { count: 3 });
    expect(drops.received).toBe(0);
    const shown = await virginia.commands.run("tc", ["-s", "filter", "show", "dev", "swarm0", "ingress"]);
    const counters = Array.from(shown.matchAll(/Sent \d+ bytes (\d+) pkt/g), (found) => Number(found[1]));
    expect(Math.max(...counters)).toBeGreaterThanOrEqual(3);
  });
});
