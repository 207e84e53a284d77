import { describe, expect, it } from "vitest";
import { QueueTotals } from "./queue-totals.js";

/** Queues by their number, and what they have sent. */
type Sent = Readonly<Record<number, number>>;

function sample(sent: Sent, backlogBytes = 0) {
  const queues = (factor: number) =>
    new Map(
      Object.entries(sent).map(([minor, sentBytes]) => [
        Number(minor),
        {
          sentBytes: factor * sentBytes,
          sentPackets: sentBytes,
          droppedPackets: 0,
          backlogBytes,
          backlogPackets: 0,
        },
      ]),
    );
  return { up: queues(1), down: queues(2) };
}

function upBytes(totals: QueueTotals, ...samples: Sent[]): number[] {
  return samples.map((sent) => totals.add(sample(sent)).up.sentBytes);
}

describe("the totals of a link's queues", () => {
  it("are those of all queues, in each direction", () => {
    const { up, down } = new QueueTotals({ areOld: false }).add(sample({ 16: 100, 17: 50 }, 9));
    expect(up).toEqual({
      sentBytes: 150,
      sentPackets: 150,
      droppedPackets: 0,
      backlogBytes: 18,
      backlogPackets: 0,
    });
    expect(down.sentBytes).toBe(300);
  });

  it("grow by what every queue has grown by when one of them is taken away", () => {
    const totals = new QueueTotals({ areOld: false });
    expect(upBytes(totals, { 16: 100, 17: 500 }, { 16: 130, 17: 510 }, { 16: 190 }, { 16: 200 })).toEqual([
      600, 640, 700, 710,
    ]);
  });

  it("grow by all that a new queue has sent, also in the place of an old one", () => {
    const totals = new QueueTotals({ areOld: false });
    expect(upBytes(totals, { 16: 100, 17: 500 }, { 16: 100, 17: 30 }, { 16: 110, 17: 30, 18: 5 })).toEqual([
      600, 630, 645,
    ]);
  });

  it("outlast a link that goes and comes back", () => {
    const totals = new QueueTotals({ areOld: false });
    expect(upBytes(totals, { 16: 100 }, {}, { 16: 20 })).toEqual([100, 100, 120]);
  });

  it("begin at nothing where the queues are older than this run of the agent", () => {
    const totals = new QueueTotals({ areOld: true });
    expect(upBytes(totals, { 16: 1000, 17: 500 }, { 16: 1010 }, { 16: 1015, 17: 3 })).toEqual([0, 10, 18]);
  });

  it("leave the backlog as it is", () => {
    const totals = new QueueTotals({ areOld: true });
    const backlogs = [9, 3].map((backlog) => totals.add(sample({ 16: 1 }, backlog)).up.backlogBytes);
    expect(backlogs).toEqual([9, 3]);
  });
});
