import { parseLink } from "@swarmlab/scenario/link";
import { describe, expect, it } from "vitest";
import { hasOtherTraffic } from "./other-traffic.js";

const queues = (upBytes: number, downBytes: number) => {
  const queue = { sentPackets: 0, droppedPackets: 0, backlogBytes: 0, backlogPackets: 0 };
  return { up: { ...queue, sentBytes: upBytes }, down: { ...queue, sentBytes: downBytes } };
};

/** As `ping` has it. */
const cost = { bytes: 98, packets: 1 };

describe("hasOtherTraffic", () => {
  // 125 kB/s up: 5 % of half a second are 3125 bytes.
  const link = parseLink("up=1mbit");
  const has = (upBytes: number, downBytes = 0) =>
    hasOtherTraffic(link, queues(1000, 0), queues(1000 + upBytes, downBytes), 500, 10, cost);

  it("does not count the round trips themselves", () => {
    expect(has(980)).toBe(false);
    expect(has(980 + 3100)).toBe(false);
    expect(has(980 + 3200)).toBe(true);
  });

  it("counts packets where jitter makes those wait that follow soon, whatever the rate", () => {
    const packets = (sentPackets: number) => {
      const queue = { sentBytes: 0, sentPackets, droppedPackets: 0, backlogBytes: 0, backlogPackets: 0 };
      return { up: queue, down: { ...queue, sentPackets: 0 } };
    };
    const isBusy = (jitter: string, sentPackets: number) =>
      hasOtherTraffic(
        parseLink(`delay=20ms,jitter=${jitter}`),
        packets(5),
        packets(5 + sentPackets),
        500,
        10,
        cost,
      );
    // Of one packet in 500 ms, those feel something that come within 2 * 2 ms.
    expect(isBusy("2ms", 10)).toBe(false);
    expect(isBusy("2ms", 10 + 25)).toBe(false);
    expect(isBusy("2ms", 10 + 26)).toBe(true);
    expect(isBusy("0ms", 1000)).toBe(false);
  });

  it("does not mind traffic where no rate holds anything up", () => {
    expect(has(0, 1e9)).toBe(false);
  });
});
