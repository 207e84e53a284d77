import { beforeEach, describe, expect, it } from "vitest";
import { A, B, LinkLab } from "./testing/link-lab.js";

let lab: LinkLab;

beforeEach(() => {
  lab = new LinkLab();
});

describe("datagrams", () => {
  async function flood(link: string, count: number, everyMs: number, size = 100) {
    const from = await lab.linked(A, link).openDatagramSocket({ host: A, port: 1000 });
    const to = await lab.world.host(B).openDatagramSocket({ host: B, port: 1000 });
    const arrivals: number[] = [];
    to.onMessage = (payload, sender) => {
      expect(sender).toEqual({ host: A, port: 1000 });
      expect(payload).toHaveLength(size);
      arrivals.push(lab.clock.nowMs());
    };
    for (let i = 0; i < count; i++) {
      from.send(new Uint8Array(size), to.address);
      await lab.clock.run(lab.clock.nowMs() + everyMs);
    }
    await lab.clock.run(lab.clock.nowMs() + 10_000);
    return arrivals;
  }

  it("take the delay, both ways", async () => {
    const a = await lab.linked(A, "delay=40ms").openDatagramSocket({ host: A, port: 1 });
    const b = await lab.linked(B, "delay=10ms").openDatagramSocket({ host: B, port: 1 });
    b.onMessage = (payload, from) => b.send(payload, from);
    let answeredAtMs = Number.NaN;
    a.onMessage = () => {
      answeredAtMs = lab.clock.nowMs();
    };
    a.send(new Uint8Array(8), b.address);
    await lab.clock.run(1000);
    expect(answeredAtMs).toBe(100);
    await a.close();
    a.send(new Uint8Array(8), b.address);
  });

  it("are lost by chance as declared", async () => {
    const arrivals = await flood("delay=1ms,loss=10%", 5000, 1);
    expect(arrivals.length).toBeGreaterThan(4400);
    expect(arrivals.length).toBeLessThan(4600);
  });

  it("are lost in bursts by the Gilbert-Elliott model: 1 / (1 + 10) of the time the link is bad", async () => {
    const arrivals = await flood("delay=1ms,loss=gemodel:1%:10%", 20_000, 1);
    expect(1 - arrivals.length / 20_000).toBeGreaterThan(0.07);
    expect(1 - arrivals.length / 20_000).toBeLessThan(0.115);
    const gaps = arrivals.filter((atMs, i) => i > 0 && atMs - (arrivals[i - 1] ?? 0) > 1.5).length;
    const meanBurst = (20_000 - arrivals.length) / gaps;
    expect(meanBurst).toBeGreaterThan(7);
    expect(meanBurst).toBeLessThan(13);
  });

  it("are duplicated as declared", async () => {
    const arrivals = await flood("delay=1ms,duplicate=20%", 2000, 1);
    expect(arrivals.length).toBeGreaterThan(2300);
    expect(arrivals.length).toBeLessThan(2500);
  });

  it("go by the rate, and are dropped when the queue is full", async () => {
    // Frames of 1000 bytes, one a millisecond; 64 KiB of payload may wait.
    const arrivals = await flood("up=8mbit", 100, 0, 958);
    expect(arrivals).toHaveLength(69);
    expect(arrivals[0]).toBeCloseTo(1, 9);
    expect(arrivals[68]).toBeCloseTo(69, 9);
  });
});
