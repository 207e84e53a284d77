import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FlowSummary, summarise } from "../instruments/flow-summary.js";
import { burstLengthInterval, burstLossInterval, percentInterval } from "../instruments/statistics.js";
import { expectWithin, note } from "./expectations.js";
import { createPair, exchange, type Pair } from "./flows.js";

const flow = { packets: 3000, packetsPerSecond: 2000, bytes: 200 };

let pair: Pair;
beforeAll(async () => {
  pair = await createPair();
});
afterAll(() => pair.close());

/** What becomes of a flow in each direction of this link. */
async function summaries(link: string): Promise<(readonly [direction: string, summary: FlowSummary])[]> {
  await pair.a.apply(link);
  const { up, down } = await exchange(pair, flow);
  return [
    ["up", summarise(up.arrivals, up.sent)],
    ["down", summarise(down.arrivals, down.sent)],
  ];
}

const percentOf = (count: number): number => (100 * count) / flow.packets;

describe("a link without impairments", () => {
  it("delivers every packet once and in order", async () => {
    for (const [, summary] of await summaries("delay=10ms")) {
      expect(summary).toEqual({ lost: 0, duplicates: 0, overtaking: 0, lossRuns: [] });
    }
  });
});

describe("loss", () => {
  it("by chance hits its percentage in each direction", async () => {
    for (const [direction, { lost }] of await summaries("loss=5%")) {
      expectWithin(`loss ${direction}, %`, percentOf(lost), percentInterval(5, flow.packets));
    }
  });

  it("in bursts has the share and the length of the Gilbert-Elliott model", async () => {
    for (const [direction, { lost, lossRuns }] of await summaries("loss=gemodel:2%:25%")) {
      expectWithin(`loss ${direction}, %`, percentOf(lost), burstLossInterval(2, 25, flow.packets));
      const meanRun = lost / lossRuns.length;
      expectWithin(`burst ${direction}, packets`, meanRun, burstLengthInterval(25, lossRuns.length));
    }
  });

  it("in bursts may be partial in either state", async () => {
    for (const [direction, { lost }] of await summaries("loss=gemodel:50%:50%:30%:10%")) {
      expectWithin(`loss ${direction}, %`, percentOf(lost), percentInterval(20, flow.packets));
    }
  });

  it("of none is none again", async () => {
    for (const [, { lost }] of await summaries("delay=1ms")) expect(lost).toBe(0);
  });
});

describe("corrupt", () => {
  it("damages its percentage, which the receiver's checksums find", async () => {
    const before = await checksumErrors();
    for (const [direction, { lost }] of await summaries("corrupt=4%")) {
      // Of 242 bytes, those of the Ethernet header are not covered.
      expectWithin(
        `corrupt ${direction}, %`,
        percentOf(lost),
        percentInterval(4 * (228 / 242), flow.packets),
      );
    }
    const found = (await checksumErrors()) - before;
    note("UDP checksum errors", String(found));
    expect(found).toBeGreaterThan(100);
  });
});

describe("duplicate", () => {
  it("delivers its percentage twice in each direction", async () => {
    for (const [direction, { duplicates, lost }] of await summaries("delay=2ms,duplicate=3%")) {
      expectWithin(`duplicates ${direction}, %`, percentOf(duplicates), percentInterval(3, flow.packets));
      expect(lost).toBe(0);
    }
  });

  it("beside routes is refused with an explanation where the kernel refuses it", async () => {
    const routes = [{ delayMs: 10, destinations: [pair.b.ipv4] }];
    const refusal = await pair.a.apply("delay=5ms,duplicate=1%", { routes }).then(
      () => undefined,
      (error: unknown) => error,
    );
    note("refused", String(refusal));
    if (refusal !== undefined) expect(refusal).toMatchObject({ code: "DUPLICATE_REFUSED" });
    await pair.a.apply("delay=5ms");
  });
});

describe("reorder", () => {
  it("lets its percentage overtake in each direction", async () => {
    for (const [direction, { overtaking, lost }] of await summaries("delay=20ms,reorder=2%")) {
      expectWithin(`overtaking ${direction}, %`, percentOf(overtaking), percentInterval(2, flow.packets));
      expect(lost).toBe(0);
    }
  });

  it("is nothing that jitter does", async () => {
    for (const [, summary] of await summaries("delay=20ms,jitter=10ms,distribution=normal")) {
      expect(summary).toMatchObject({ overtaking: 0, lost: 0, duplicates: 0 });
    }
  });
});

/** Of both nodes, by their kernels. */
async function checksumErrors(): Promise<number> {
  let sum = 0;
  for (const { commands } of [pair.a, pair.b]) {
    const snmp = await commands.run("cat", ["/proc/self/net/snmp"]);
    const [names = "", values = ""] = snmp.split("\n").filter((line) => line.startsWith("Udp:"));
    sum += Number(values.split(" ")[names.split(" ").indexOf("InCsumErrors")]);
  }
  return sum;
}
