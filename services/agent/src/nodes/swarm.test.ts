import { CITY_REGIONS } from "@swarmlab/scenario/city-regions";
import { describe, expect, it } from "vitest";
import type { NodeContainer } from "../docker/node-container.js";
import { Swarm } from "./swarm.js";

const container = (name: string, address: string, region: string, second: number): NodeContainer => ({
  id: name,
  name,
  shortName: name,
  pid: second,
  startedAt: `2024-01-01T00:00:0${second}.5Z`,
  swarmAddresses: [address],
  addresses: [address],
  link: "lan",
  region,
});

describe("nodes with one address", () => {
  const swarm = new Swarm({
    backend: "netem",
    regions: CITY_REGIONS,
    seed: "example",
    declaringPlaces: { link: "", region: "" },
    nowMs: () => 0,
  });
  const other = swarm.add(container("other", "192.0.2.9", "tokyo", 1));
  swarm.add(container("former", "192.0.2.7", "frankfurt", 2));
  swarm.add(container("latest", "192.0.2.7", "sydney", 3));

  it("are the one that started last to who asks", () => {
    expect(swarm.byAddress("::ffff:192.0.2.7")?.name).toBe("latest");
  });

  it("have one way to them", () => {
    const rttMs = CITY_REGIONS.rttMs("tokyo", "sydney");
    expect(swarm.planFor(other).routes).toEqual([{ delayMs: rttMs / 2, destinations: ["192.0.2.7"] }]);
  });

  it("are blocked once", () => {
    swarm.partition = { groups: [["other"], ["latest", "former"]] };
    expect(swarm.planFor(other).blockedAddresses).toEqual(["192.0.2.7"]);
  });

  it("are outdated by a later container, and only by that", () => {
    const names = (second: number) =>
      swarm.outdatedBy(container("new", "192.0.2.7", "tokyo", second)).map(({ name }) => name);
    expect(names(4)).toEqual(["former", "latest"]);
    expect(names(3)).toEqual(["former"]);
    expect(names(2)).toEqual([]);
  });
});
