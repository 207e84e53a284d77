import { NO_LINK } from "@swarmlab/scenario/link";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { A, B, LinkLab, PORT } from "./testing/link-lab.js";

let lab: LinkLab;

beforeEach(() => {
  lab = new LinkLab();
});

describe("back-pressure", () => {
  it("shows what waits for the line, and says when nothing does", async () => {
    const { client } = await lab.connect(lab.linked(A, "up=8mbit,delay=200ms"), lab.world.host(B));
    let sent = 0;
    const start = lab.clock.nowMs();
    client.stream.write([new Uint8Array(13), new Uint8Array(99_987)], () => sent++);
    expect(client.stream.bufferedBytes).toBe(98_000);
    await lab.clock.run(start + 50);
    expect(client.stream.bufferedBytes).toBeGreaterThan(50_000);
    expect(client.drains).toBe(0);
    await lab.clock.run(start + 105);
    // On its way, but the line takes more.
    expect(client.stream.bufferedBytes).toBe(0);
    expect(client.drains).toBe(1);
    expect(sent).toBe(0);
    await lab.clock.run(start + 400);
    expect(sent).toBe(1);
  });

  it("bounds what is on its way where there is a delay but no rate", async () => {
    const { client, server } = await lab.connect(lab.linked(A, "delay=100ms"), lab.world.host(B));
    const start = lab.clock.nowMs();
    let sentMb = 0;
    for (; client.stream.bufferedBytes === 0; sentMb++) client.stream.write([new Uint8Array(1_000_000)]);
    // 16 MiB are 16.8 MB.
    expect(sentMb).toBe(17);
    await lab.clock.run(start + 100);
    expect(client.drains).toBe(1);
    await lab.clock.run(start + 1000);
    expect(server.bytes).toHaveLength(sentMb * 1_000_000);
  });

  it("destroys a stream whose reader has stopped", async () => {
    const { client, server } = await lab.connect(lab.linked(A, "up=8mbit,delay=10ms"), lab.world.host(B));
    server.stream.pause();
    for (let i = 0; i < 20; i++) client.stream.write([new Uint8Array(100_000)]);
    await lab.clock.run(5000);
    expect(client.stream.bufferedBytes).toBeGreaterThan(1_900_000);
    client.stream.destroy();
    await lab.clock.run(6000);
    expect(server.closedAtMs).toBe(5010);
  });

  it("holds a sender back once 1.5 times what the line holds are queued", async () => {
    const slow = lab.linked(B, "down=8mbit,delay=100ms");
    const { client, server } = await lab.connect(lab.world.host(A), slow);
    await lab.clock.run(1000);
    for (let i = 0; i < 1000; i++) client.stream.write([new Uint8Array(10_000)]);
    await lab.clock.run(1500);
    // 8 Mbit/s x 100 ms = 100,000 bytes.
    expect(slow.stats.down.queuedBytes).toBeLessThanOrEqual(160_000);
    expect(slow.stats.down.queuedBytes).toBeGreaterThanOrEqual(65_000);
    expect(slow.stats.down.inFlightBytes).toBeLessThanOrEqual(100_000);
    expect(client.stream.bufferedBytes).toBeGreaterThan(9_000_000);
    await lab.clock.run(1000 + 10_560);
    expect(server.bytes).toHaveLength(10_000_000);
    expect(slow.stats.down).toEqual({ passedBytes: 10_000_000, queuedBytes: 0, inFlightBytes: 0 });
  });

  it("holds a sender back while the reader is paused, and loses nothing", async () => {
    const { client, server } = await lab.connect(
      lab.linked(A, "delay=5ms"),
      lab.linked(B, "down=8mbit,delay=5ms"),
    );
    server.stream.pause();
    for (let i = 0; i < 100; i++) client.stream.write([new Uint8Array(10_000).fill(i)]);
    client.stream.end();
    await lab.clock.run(5000);
    expect(server.arrivals).toEqual([]);
    server.stream.resume();
    await lab.clock.run(10_000);
    expect(server.bytes).toHaveLength(1_000_000);
    expect(server.bytes[999_999]).toBe(99);
    expect(server.closedAtMs).toBeGreaterThan(5000);
  });
});

describe("the end of a stream", () => {
  it("comes behind the last byte", async () => {
    const { client, server } = await lab.connect(lab.linked(A, "up=8mbit,delay=50ms"), lab.world.host(B));
    const start = lab.clock.nowMs();
    client.stream.write([new Uint8Array(100_000)]);
    client.stream.end();
    await lab.clock.run(start + 1000);
    expect(server.bytes).toHaveLength(100_000);
    expect(server.closedAtMs - start).toBeCloseTo(154.558, 3);
    expect(client.closedAtMs - start).toBeCloseTo(204.558, 3);
    expect(client.error).toBeUndefined();
  });

  it("drops what waits when the stream is destroyed, but not what is on its way", async () => {
    const { client, server } = await lab.connect(lab.linked(A, "up=8mbit,delay=50ms"), lab.world.host(B));
    const start = lab.clock.nowMs();
    let sent = 0;
    client.stream.write([new Uint8Array(1000)], () => sent++);
    client.stream.write([new Uint8Array(1_000_000)], () => sent++);
    client.stream.destroy(new Error("enough"));
    client.stream.write([new Uint8Array(1)], () => sent++);
    expect(client.closedAtMs).toBeNaN();
    await lab.clock.run(start + 1000);
    expect(client.error?.message).toBe("enough");
    expect(client.closedAtMs).toBe(start);
    expect(server.bytes.length).toBeLessThanOrEqual(2000);
    expect(server.bytes.length).toBeGreaterThanOrEqual(1000);
    expect(server.closedAtMs - start).toBeGreaterThanOrEqual(50);
    expect(sent).toBe(3);
  });

  it("is heard one way later when the other side destroys its end, and gives all buffers back", async () => {
    const { client, server } = await lab.connect(lab.linked(A, "up=8mbit,delay=50ms"), lab.world.host(B));
    const start = lab.clock.nowMs();
    let sent = 0;
    client.stream.write([new Uint8Array(1_000_000)], () => sent++);
    server.stream.destroy();
    await lab.clock.run(start + 1000);
    expect(client.closedAtMs).toBe(start + 50);
    expect(client.stream.bufferedBytes).toBe(0);
    expect(sent).toBe(1);
  });

  it("is an error one way later when nobody listens", async () => {
    const client = lab.log(lab.linked(A, "delay=50ms").connect({ host: B, port: 9 }));
    let sent = 0;
    client.stream.write([new Uint8Array(1)], () => sent++);
    await lab.clock.run(1000);
    expect(client.error).toMatchObject({ code: "ECONNREFUSED" });
    expect(client.closedAtMs).toBe(50);
    expect(client.connectedAtMs).toBeNaN();
    expect(sent).toBe(1);
  });

  it("comes once, whatever is done to the stream while it connects", async () => {
    await lab.world.host(B).listen({ host: "0.0.0.0", port: PORT }, (stream) => lab.log(stream));
    const network = lab.linked(A, "delay=50ms");
    const destroyed = lab.log(network.connect({ host: B, port: PORT }));
    destroyed.stream.destroy();
    const ended = lab.log(network.connect({ host: B, port: PORT }));
    ended.stream.end();
    await lab.clock.run(1000);
    expect(destroyed.closedAtMs).toBe(0);
    expect(destroyed.connectedAtMs).toBeNaN();
    expect(ended.closedAtMs).toBeGreaterThanOrEqual(150);
  });
});

it("any traffic over any pair of links arrives whole and in order, and every buffer is given back", async () => {
  const anyLink = fc.record({
    upBitsPerSecond: fc.integer({ min: 100_000, max: 1_000_000_000 }),
    downBitsPerSecond: fc.integer({ min: 100_000, max: 1_000_000_000 }),
    delayMs: fc.integer({ min: 0, max: 100 }),
    jitterMs: fc.integer({ min: 0, max: 50 }),
  });
  const anyStep = fc.oneof(
    fc.record({ write: fc.array(fc.integer({ min: 0, max: 50_000 }), { maxLength: 4 }) }),
    fc.record({ waitMs: fc.integer({ min: 0, max: 300 }) }),
    fc.constantFrom("pause" as const, "resume" as const),
  );
  await fc.assert(
    fc.asyncProperty(anyLink, anyLink, fc.array(anyStep, { maxLength: 20 }), async (linkA, linkB, steps) => {
      lab = new LinkLab();
      const { client, server } = await lab.connect(
        lab.linked(A, { ...NO_LINK, ...linkA }),
        lab.linked(B, { ...NO_LINK, ...linkB }),
      );
      const sent: Buffer[] = [];
      let owed = 0;
      for (const step of steps) {
        if (step === "pause") server.stream.pause();
        else if (step === "resume") server.stream.resume();
        else if ("waitMs" in step) await lab.clock.run(lab.clock.nowMs() + step.waitMs);
        else {
          const buffers = step.write.map((length, i) => Buffer.alloc(length, sent.length + i + 1));
          sent.push(...buffers);
          owed++;
          client.stream.write(buffers, () => owed--);
        }
      }
      client.stream.end();
      server.stream.resume();
      await lab.clock.runUntil(
        () => client.closedAtMs >= 0 && server.closedAtMs >= 0,
        lab.clock.nowMs() + 1_000_000,
      );
      expect(server.bytes.equals(Buffer.concat(sent))).toBe(true);
      expect(owed).toBe(0);
      expect(client.stream.bufferedBytes).toBe(0);
    }),
    { numRuns: 50 },
  );
});
