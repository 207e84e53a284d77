import { parseLink } from "@swarmlab/scenario/link";
import { describe, expect, it } from "vitest";
import type { NodeContainer } from "../docker/node-container.js";
import { startEchoServer } from "../echo/echo-server.js";
import { EchoProbes } from "./echo-probes.js";

const pod: NodeContainer = {
  id: "leecher-3",
  name: "leecher-3",
  shortName: "leecher-3",
  pid: process.pid,
  startedAt: "",
  swarmAddresses: ["127.0.0.1"],
  addresses: ["127.0.0.1"],
  link: "lan",
  region: "",
};

describe("what is measured in a pod", () => {
  it("are round trips, as soon as the echo server is there", async () => {
    const early = await startEchoServer({ host: "127.0.0.1", port: 0 });
    const { port } = early;
    await early.close();
    const { signal } = new AbortController();
    const measuring = new EchoProbes({ host: "127.0.0.1", port }).roundTrips(pod, parseLink("lan"), signal);
    const late = await startEchoServer({ host: "127.0.0.1", port });
    expect(await measuring).toHaveLength(10);
    await late.close();
  });

  it("leaves out what took TCP's timers", async () => {
    const echo = await startEchoServer({ host: "127.0.0.1", port: 0 });
    const { signal } = new AbortController();
    // A fifth of the round trips is expected to lose something; of 13, 10 count.
    const samplesMs = await new EchoProbes(echo).roundTrips(pod, parseLink("loss=10.5%"), signal);
    expect(samplesMs).toHaveLength(10);
    await echo.close();
  });

  it("are no rates", async () => {
    await expect(new EchoProbes({ host: "127.0.0.1", port: 1 }).rate()).rejects.toMatchObject({
      code: "NOT_MEASURABLE",
    });
  });
});
