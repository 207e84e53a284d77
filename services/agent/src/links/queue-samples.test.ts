import { CITY_REGIONS } from "@swarmlab/scenario/city-regions";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { NodeContainer } from "../docker/node-container.js";
import { Swarm } from "../nodes/swarm.js";
import { FakeHost } from "../testing/fake-host.js";
import { QueueSamples } from "./queue-samples.js";

const container: NodeContainer = {
  id: "1",
  name: "leecher-1",
  shortName: "leecher-1",
  pid: 1,
  startedAt: "2024-01-01T00:00:00Z",
  swarmAddresses: ["192.0.2.1"],
  addresses: ["192.0.2.1"],
  link: "lan",
  region: "",
};

afterEach(() => vi.restoreAllMocks());

describe("the queues of all links", () => {
  it("are those of earlier, well within a second, while the kernel does not answer", async () => {
    const swarm = new Swarm({
      backend: "netem",
      regions: CITY_REGIONS,
      seed: "example",
      nowMs: () => 0,
      declaringPlaces: { link: "", region: "" },
    });
    const node = swarm.add(container);
    node.placed(false);
    const { links } = new FakeHost();
    const ended = new AbortController();
    const samples = new QueueSamples({ swarm, kernel: links, signal: ended.signal });
    const first = await samples.all();
    expect(first.has(node)).toBe(true);
    links.queues = () => new Promise(() => undefined);
    const startMs = performance.now();
    const now = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => now() + 60_000);
    expect(await samples.all()).toEqual(first);
    expect(performance.now() - 60_000 - startMs).toBeLessThan(700);
    ended.abort();
  });
});
