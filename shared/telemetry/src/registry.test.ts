import { describe, expect, it } from "vitest";
import { createRegistry } from "./registry.js";

describe("the metrics of every node", () => {
  it("look at the event loop as often as they were told to", async () => {
    const registry = createRegistry({ service: "example", version: "1", eventLoopResolutionMs: 50 });
    const lag = async () => {
      const metric = await registry.getSingleMetric("nodejs_eventloop_lag_min_seconds")?.get();
      return metric?.values[0]?.value;
    };
    // An idle loop's lag reads as the time between two looks; before the first two there is none.
    await registry.metrics();
    const looks = { interval: 300 };
    await expect.poll(async () => [await registry.metrics(), await lag()][1], looks).toSatisfy(isAbout50Ms);
  });
});

function isAbout50Ms(seconds: unknown): boolean {
  return typeof seconds === "number" && seconds > 0.04 && seconds < 1;
}
