import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { summarise } from "../instruments/flow-summary.js";
import { note } from "./expectations.js";
import { createPair, type Direction, endExchange, exchange, type Pair, startExchange } from "./flows.js";
import { interfaceName, type LabNode } from "./netem-lab.js";

// Packets on their way while a link is changed arrive nonetheless: the numbers of all that are sent are counted.

const flow = { packetsPerSecond: 300, bytes: 200 };
/** For those that are in a queue before `flow` comes. */
const fillingPort = 5002;

let pair: Pair;
beforeAll(async () => {
  pair = await createPair();
});
afterAll(() => pair.close());

/**
 * Sends in both directions as long as the changes take, and says how many packets were lost; those sent last may take
 * `settleMs`.
 */
async function lostDuring(
  changes: () => Promise<unknown>,
  settleMs = 800,
): Promise<Record<Direction, number>> {
  await startExchange(pair, flow);
  await delay(200);
  await changes();
  await delay(200);
  const { up, down } = await endExchange(pair, settleMs);
  const lost = { up: summarise(up.arrivals, up.sent).lost, down: summarise(down.arrivals, down.sent).lost };
  note("lost", `${lost.up} of ${up.sent} up, ${lost.down} of ${down.sent} down`);
  return lost;
}

/** How many packets each netem queue of a node has room for. */
async function limits({ commands }: LabNode): Promise<number[]> {
  const shown = await commands.run("tc", ["qdisc", "show"]);
  return Array.from(shown.matchAll(/^qdisc netem .* limit (\d+)/gm), ([, limit]) => Number(limit));
}

describe("under traffic, no packet is lost", { retry: 0 }, () => {
  it("when delay, jitter, distribution and rate change", async () => {
    const { a } = pair;
    await a.apply("up=20mbit,down=20mbit,delay=100ms");
    const lost = await lostDuring(async () => {
      await a.apply("up=20mbit,down=20mbit,delay=250ms");
      await a.apply("up=10mbit,down=30mbit,delay=30ms");
      await a.apply("up=10mbit,down=30mbit,delay=60ms,jitter=20ms,distribution=pareto");
      await a.apply("up=10mbit,down=30mbit,delay=60ms,jitter=20ms,distribution=uniform");
      await a.apply("up=5mbit,delay=60ms");
      await a.apply("down=5mbit,delay=80ms");
    });
    expect(lost).toEqual({ up: 0, down: 0 });
  });

  it("when routes come, move, change and go", async () => {
    const { a, b } = pair;
    const link = "up=20mbit,down=20mbit,delay=20ms";
    const others = ["10.78.9.9", "10.77.0.0/16", "fd78:9::/64"];
    await a.apply(link);
    const lost = await lostDuring(async () => {
      await a.apply(link, { routes: [{ delayMs: 80, destinations: [b.ipv4] }] });
      await a.apply(link, {
        routes: [
          { delayMs: 120, destinations: [b.ipv4] },
          { delayMs: 40, destinations: others },
        ],
      });
      await a.apply(link, { routes: [{ delayMs: 40, destinations: [...others, b.ipv4] }] });
      await a.apply(link);
    });
    expect(lost).toEqual({ up: 0, down: 0 });
  });

  it("when other addresses are blocked and freed", async () => {
    const { a } = pair;
    const link = "up=20mbit,down=20mbit,delay=20ms";
    await a.apply(link);
    const lost = await lostDuring(async () => {
      await a.apply(link, { blockedAddresses: ["10.78.9.9", "fd78::99"] });
      await a.apply(link);
    });
    expect(lost).toEqual({ up: 0, down: 0 });
  });

  it("when a long link with a long queue becomes one with less room", async () => {
    const { a, b, probeA, probeB } = pair;
    const long = "up=10mbit,down=10mbit,delay=12s";
    const short = "up=10mbit,down=10mbit,delay=20ms";
    await a.apply(long);
    const ways = [
      { from: probeA, to: probeB, address: b.ipv4 },
      { from: probeB, to: probeA, address: a.ipv4 },
    ];
    const filling = { packets: 1200, packetsPerSecond: 2000, bytes: 100 };
    await Promise.all(
      ways.map(async ({ from, to, address }) => {
        await to.receive(fillingPort);
        await from.startFlow(address, fillingPort, filling);
        await from.endFlow();
      }),
    );
    const { up, down } = await a.controller.statistics(interfaceName);
    note("queued", `${up.total.backlogPackets} up, ${down.total.backlogPackets} down`);
    expect(Math.min(up.total.backlogPackets, down.total.backlogPackets)).toBeGreaterThan(1000);
    // What comes meanwhile waits behind what came before.
    let changed: unknown;
    const lost = await lostDuring(async () => {
      changed = await a.apply(short);
    }, 13_000);
    expect(lost).toEqual({ up: 0, down: 0 });
    for (const { to } of ways) {
      expect(summarise(await to.arrivals(fillingPort), filling.packets).lost).toBe(0);
    }
    expect(changed).toMatchObject({ longQueues: 2 });
    expect(await limits(a)).toEqual([15_000, 15_000]);
    expect(await a.apply(short)).toMatchObject({ longQueues: 0 });
    expect(await limits(a)).toEqual([1000, 1000]);
    expect(await a.apply(short)).toMatchObject({ changedCommands: 0 });
  });

  it("that waits in a link when it goes", async () => {
    const { a } = pair;
    for (const end of [() => a.apply("none"), () => a.controller.remove(interfaceName)]) {
      await a.apply("up=20mbit,down=20mbit,delay=400ms,jitter=10ms,distribution=normal");
      const sending = exchange(pair, { packets: 75, ...flow }, 800);
      // All has been sent, and nothing has arrived.
      await delay(300);
      await end();
      const { up, down } = await sending;
      expect(summarise(up.arrivals, up.sent).lost).toBe(0);
      expect(summarise(down.arrivals, down.sent).lost).toBe(0);
    }
  });
});

describe("a link that comes and goes under traffic", () => {
  it("loses what is sent in the moment when the kernel exchanges the root qdisc, and nothing that comes in", async () => {
    const { a } = pair;
    await a.apply("none");
    const lost = await lostDuring(async () => {
      await a.apply("up=20mbit,down=20mbit,delay=50ms,jitter=10ms,distribution=normal");
      await a.apply("none");
    });
    expect(lost.down).toBe(0);
    expect(lost.up).toBeLessThan(10);
  });
});
