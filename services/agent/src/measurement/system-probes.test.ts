import { NO_LINK } from "@swarmlab/scenario/link";
import { createLogger } from "@swarmlab/telemetry/logger";
import { describe, expect, it } from "vitest";
import { OwnPlace } from "../docker/own-place.js";
import { namespacesByProcess } from "../links/container-namespace.js";
import { SystemProbes } from "./system-probes.js";

// This very process, as if a container's process id had come to stand for it.
const container = {
  id: "1",
  name: "leecher-1",
  shortName: "leecher-1",
  pid: process.pid,
  startedAt: "2024-01-01T00:00:00Z",
  swarmAddresses: ["192.0.2.1"] as const,
  addresses: ["192.0.2.1"],
  link: "lan",
  region: "",
};

describe("measurements from a node's network namespace", () => {
  const place = new OwnPlace(createLogger({ name: "test", level: "silent" }));
  place.locate(["127.0.0.0/8"]);
  const probes = new SystemProbes(place, namespacesByProcess("/proc"));
  const { signal } = new AbortController();
  const refusal = { name: "MeasurementError", code: "NO_NAMESPACE" };

  it("are not made from where the node's address is not", async () => {
    await expect(probes.path(container, container, [NO_LINK, NO_LINK], 0, signal)).rejects.toMatchObject(
      refusal,
    );
    await expect(probes.rate(container, NO_LINK, "up", signal)).rejects.toMatchObject(refusal);
  });
});
