import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { measureRtt } from "../instruments/ping.js";
import { median } from "../instruments/statistics.js";
import { expectRate, expectRtt, note } from "./expectations.js";
import { createPair, exchange, type Pair, streamRate } from "./flows.js";

const controlPort = 5009;

let pair: Pair;
beforeAll(async () => {
  pair = await createPair();
  await pair.probeA.sink(pair.a.ipv4, controlPort);
  await pair.probeB.sink(pair.b.ipv4, controlPort);
});
afterAll(() => pair.close());

describe("unshaped ports", () => {
  it("are around the link in both directions, TCP and UDP, while all else is shaped", async () => {
    await pair.a.apply("up=5mbit,down=5mbit,delay=20ms", { unshapedPorts: [controlPort] });
    for (const direction of ["up", "down"] as const) {
      expectRate(await streamRate(pair, direction, { expectedBitsPerSecond: 5e6 }), 5e6);
      const control = await streamRate(pair, direction, {
        expectedBitsPerSecond: 1e9,
        port: controlPort,
        warmUpMs: 200,
        forMs: 1000,
      });
      note(`control ${direction}`, `${(control / 1e6).toFixed(0)} Mbit/s`);
      expect(control).toBeGreaterThan(50e6);
    }
    expectRtt(await measureRtt(pair.a.commands, pair.b.ipv4), 40);
  });

  it("are shaped again when they are not named any more", async () => {
    await pair.a.apply("up=5mbit,down=5mbit,delay=20ms", { unshapedPorts: [5000] });
    const around = await exchange(pair, { packets: 50, packetsPerSecond: 200, bytes: 100 });
    await pair.a.apply("up=5mbit,down=5mbit,delay=20ms");
    const through = await exchange(pair, { packets: 50, packetsPerSecond: 200, bytes: 100 });
    for (const direction of ["up", "down"] as const) {
      const aroundMs = median(around[direction].arrivals.map(({ delayMs }) => delayMs));
      const throughMs = median(through[direction].arrivals.map(({ delayMs }) => delayMs));
      note(`one way ${direction}`, `${aroundMs.toFixed(2)} ms around, ${throughMs.toFixed(2)} ms through`);
      expect(aroundMs).toBeLessThan(5);
      expect(throughMs).toBeGreaterThan(20);
    }
  });
});
