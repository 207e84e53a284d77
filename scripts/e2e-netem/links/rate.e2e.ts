import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { summarise } from "../instruments/flow-summary.js";
import { expectRate, note } from "./expectations.js";
import { createPair, type Direction, type Pair, sendOneWay, streamRate } from "./flows.js";
import { interfaceName } from "./netem-lab.js";

let pair: Pair;
beforeAll(async () => {
  pair = await createPair();
});
afterAll(() => pair.close());

async function expectStream(direction: Direction, bitsPerSecond: number): Promise<void> {
  const measured = await streamRate(pair, direction, { expectedBitsPerSecond: bitsPerSecond });
  expectRate(measured, bitsPerSecond);
}

describe("a rate", () => {
  it("holds in each direction", async () => {
    await pair.a.apply("up=4mbit,down=20mbit,delay=5ms");
    await expectStream("up", 4e6);
    await expectStream("down", 20e6);
  });

  it("changes in place, up and down", async () => {
    await pair.a.apply("up=20mbit,down=2mbit,delay=5ms");
    await expectStream("up", 20e6);
    await expectStream("down", 2e6);
  });

  it("can be unlimited in one direction", async () => {
    await pair.a.apply("down=10mbit");
    const up = await streamRate(pair, "up", { expectedBitsPerSecond: 1e9, forMs: 800 });
    note("unlimited", `${(up / 1e6).toFixed(0)} Mbit/s`);
    expect(up).toBeGreaterThan(60e6);
    await expectStream("down", 10e6);
  });

  it("is one for all routes together", async () => {
    const { a, b } = pair;
    await a.apply("up=8mbit,delay=5ms", { routes: [{ delayMs: 10, destinations: [b.ipv4] }] });
    await expectStream("up", 8e6);
    await a.apply("none");
  });

  it("may be more than 32 bits can count", async () => {
    const { a } = pair;
    const link = "up=100gbit,down=40gbit,delay=1ms";
    await a.apply(link);
    const classes = await a.commands.run("tc", ["class", "show", "dev", interfaceName]);
    expect(classes).toMatch(/^class htb 5a1b:1 root rate 100Gbit ceil 100Gbit burst 250000000b/m);
    expect(await a.apply(link)).toMatchObject({ changedCommands: 0 });
    const flow = { packets: 200, packetsPerSecond: 1000, bytes: 1000 };
    expect(summarise(await sendOneWay(pair, "up", flow, 100), flow.packets).lost).toBe(0);
  });
});

describe("packets", () => {
  it("come one by one, though TCP would hand over several as one", async () => {
    const { a, probeA, b } = pair;
    await a.apply("up=10mbit,delay=20ms");
    const streaming = probeA.stream(b.ipv4, 5001, 1500);
    let largest = 0;
    for (let look = 0; look < 5; look++) {
      const { backlogBytes, backlogPackets } = (await a.controller.statistics(interfaceName)).up.total;
      if (backlogPackets > 0) largest = Math.max(largest, backlogBytes / backlogPackets);
    }
    await streaming;
    note("largest mean packet", `${largest.toFixed(0)} bytes`);
    expect(largest).toBeGreaterThan(1000);
    expect(largest).toBeLessThanOrEqual(1514);
  });
});

describe("a long fat link", () => {
  it.each(["up", "down"] as const)(
    "of 50 mbit and 300 ms drops nothing that comes at its rate (%s)",
    async (direction) => {
      const { a } = pair;
      await a.apply("up=50mbit,down=50mbit,delay=300ms");
      const { total: before } = (await a.controller.statistics(interfaceName))[direction];
      // 45 Mbit/s of frames of 1442 bytes, more than netem would hold by itself.
      const flow = { packets: 6000, packetsPerSecond: 3900, bytes: 1400 };
      const arrivals = await sendOneWay(pair, direction, flow, 600);
      const { total: after } = (await a.controller.statistics(interfaceName))[direction];
      const dropped = after.droppedPackets - before.droppedPackets;
      const summary = summarise(arrivals, flow.packets);
      note("lost", `${summary.lost} of ${flow.packets}, ${dropped} dropped by the queue`);
      expect(dropped).toBe(0);
      expect(summary).toMatchObject({ lost: 0, overtaking: 0 });
      expect(after.sentPackets - before.sentPackets).toBeGreaterThanOrEqual(flow.packets);
    },
  );
});
