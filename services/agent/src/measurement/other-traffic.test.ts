import { parseLink } from "@swarmlab/scenario/link";
import { describe, expect, it } from "vitest";
import { hasOtherTraffic } from "./other-traffic.js";

const queues = (upBytes: number, downBytes: number) => {
  const queue = { sentPackets: 0, droppedPackets: 0, backlogBytes: 0, backlogPackets: 0 };
  return { up: { ...queue, sentBytes: upBytes }, down: { ...queue, sentBytes: downBytes } };
};

describe("hasOtherTraffic", () => {
  // 125 kB/s up: 5 % of half a second are 3125 bytes.
  const link = parseLink("up=1mbit");
  const has = (upBytes: number, downBytes = 0) =>
    hasOtherTraffic(link, queues(1000, 0), queues(1000 + upBytes, downBytes), 500, 10);

  it("does not count the pings themselves", () => {
    expect(has(1350)).toBe(false);
    expect(has(1350 + 3100)).toBe(false);
    expect(has(1350 + 3200)).toBe(true);
  });

  it("does not mind traffic where no rate holds anything up", () => {
    expect(has(0, 1e9)).toBe(false);
  });
});
