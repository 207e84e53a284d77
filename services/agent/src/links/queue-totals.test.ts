import { describe, expect, it } from "vitest";
import { QueueTotals } from "./queue-totals.js";

function sample(sentBytes: number, backlogBytes = 0) {
  const queue = { sentBytes, sentPackets: sentBytes, droppedPackets: 0, backlogBytes, backlogPackets: 0 };
  return { up: queue, down: { ...queue, sentBytes: 2 * sentBytes } };
}

describe("QueueTotals", () => {
  it("go on growing when a queue is taken away with what it had counted", () => {
    const totals = new QueueTotals();
    const seen = [100, 150, 40, 60].map((sentBytes) => totals.add(sample(sentBytes)));
    expect(seen.map(({ up }) => up.sentBytes)).toEqual([100, 150, 150, 170]);
    expect(seen.map(({ down }) => down.sentBytes)).toEqual([200, 300, 300, 340]);
  });

  it("leave the backlog as it is", () => {
    const totals = new QueueTotals();
    expect([9, 3].map((backlog) => totals.add(sample(1, backlog)).up.backlogBytes)).toEqual([9, 3]);
  });
});
