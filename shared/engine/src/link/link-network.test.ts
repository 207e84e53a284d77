import { type Link, NO_LINK, parseLink } from "@swarmlab/scenario/link";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { ByteStream, ByteStreamHandler, Network } from "../ports/network.js";
import { SeededRandom } from "../random/seeded-random.js";
import { VirtualClock } from "../simulation/virtual-clock.js";
import { serveVirtualHttp } from "../simulation/virtual-http.js";
import { VirtualWorld } from "../simulation/virtual-world.js";
import { emulateLink, LinkNetwork } from "./link-network.js";

const A = "10.0.0.1";
const B = "10.0.0.2";
const PORT = 6881;

let clock: VirtualClock;
let world: VirtualWorld;

beforeEach(() => {
  clock = new VirtualClock();
  world = new VirtualWorld(clock);
});

function linked(host: string, link: string | Link): LinkNetwork {
  const declared = typeof link === "string" ? parseLink(link) : link;
  return new LinkNetwork(world.host(host), clock, new SeededRandom(host), declared);
}

/** Writes down what happens to a stream, and when. */
class Log implements ByteStreamHandler {
  readonly arrivals: { readonly atMs: number; readonly bytes: Uint8Array }[] = [];
  connectedAtMs = Number.NaN;
  closedAtMs = Number.NaN;
  error: Error | undefined;
  drains = 0;
  answer: ((chunk: Uint8Array) => void) | undefined;

  constructor(readonly stream: ByteStream) {
    stream.attach(this);
  }

  onConnect(): void {
    this.connectedAtMs = clock.nowMs();
  }

  onData(chunk: Uint8Array): void {
    this.arrivals.push({ atMs: clock.nowMs(), bytes: Uint8Array.from(chunk) });
    this.answer?.(chunk);
  }

  onDrain(): void {
    this.drains++;
  }

  onClose(error?: Error): void {
    expect(this.closedAtMs).toBeNaN();
    this.closedAtMs = clock.nowMs();
    this.error = error;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.arrivals.map((arrival) => arrival.bytes));
  }

  get lastArrivalMs(): number {
    return this.arrivals.at(-1)?.atMs ?? Number.NaN;
  }
}

/** A connection from `a` to `b`, with the client connected. */
async function connect(a: Network, b: Network, port = PORT): Promise<{ client: Log; server: Log }> {
  let server: Log | undefined;
  await b.listen({ host: "0.0.0.0", port }, (stream) => {
    server = new Log(stream);
  });
  const client = new Log(a.connect({ host: B, port }));
  await clock.runUntil(() => server !== undefined && client.connectedAtMs >= 0);
  return { client, server: server as Log };
}

describe("a stream over 10 Mbit/s up and 50 ms", () => {
  const link = "up=10mbit,delay=50ms";

  it("is connected after a round trip of 100 ms", async () => {
    const { client } = await connect(linked(A, link), world.host(B));
    expect(client.connectedAtMs).toBe(100);
  });

  it("delivers a byte after 50 ms", async () => {
    const { client, server } = await connect(linked(A, link), world.host(B));
    client.stream.write([new Uint8Array(1)]);
    await clock.run(1000);
    // One byte with its share of the headers takes 0.8 us at 10 Mbit/s.
    expect(server.lastArrivalMs).toBeCloseTo(150.0008, 4);
  });

  it("delivers 1 MB after 50 ms and the 836.5 ms that its frames take", async () => {
    const { client, server } = await connect(linked(A, link), world.host(B));
    const data = Buffer.from(Array.from({ length: 1000 }, (_, i) => `line ${i} `.padEnd(1000, "x")).join(""));
    client.stream.write([data]);
    await clock.run(2000);
    expect(server.bytes.equals(data)).toBe(true);
    // The first turn on the line: 2500 bytes x 1514/1448 x 8 / 10,000 bits a ms = 2.0912 ms.
    expect(server.arrivals[0]?.atMs).toBeCloseTo(152.0912, 4);
    expect(server.lastArrivalMs).toBeCloseTo(986.4641, 4);
  });

  it("does not limit the other direction", async () => {
    const { client, server } = await connect(linked(A, link), world.host(B));
    server.stream.write([new Uint8Array(1_000_000)]);
    await clock.run(1000);
    expect(client.bytes).toHaveLength(1_000_000);
    expect(client.lastArrivalMs).toBe(150);
  });
});

describe("two links", () => {
  it("add up: 50 ms here and 30 ms there are a round trip of 160 ms", async () => {
    const { client, server } = await connect(linked(A, "delay=50ms"), linked(B, "delay=30ms"));
    server.answer = (chunk) => server.stream.write([Uint8Array.from(chunk)]);
    client.stream.write([Buffer.from("hello")]);
    await clock.run(1000);
    client.stream.write([Buffer.from("ping")]);
    await clock.run(2000);
    expect(client.bytes.toString()).toBe("helloping");
    expect(client.lastArrivalMs).toBe(1160);
  });

  it("charge the TCP handshake: the first bytes arrive after three ways, the first answer after four", async () => {
    let server: Log | undefined;
    await linked(B, "delay=30ms").listen({ host: "0.0.0.0", port: PORT }, (stream) => {
      server = new Log(stream);
      server.answer = () => stream.write([Buffer.from("pong")]);
    });
    const client = new Log(linked(A, "delay=50ms").connect({ host: B, port: PORT }));
    client.stream.write([Buffer.from("ping")]);
    await clock.run(1000);
    expect(server?.lastArrivalMs).toBe(240);
    expect(client.lastArrivalMs).toBe(320);
  });

  it("are as slow as the slower one: 2 Mbit/s down behind 10 Mbit/s up", async () => {
    const { client, server } = await connect(linked(A, "up=10mbit"), linked(B, "down=2mbit"));
    const start = clock.nowMs();
    client.stream.write([new Uint8Array(500_000)]);
    await clock.run(start + 5000);
    expect(server.bytes).toHaveLength(500_000);
    // 500,000 x 1514/1448 x 8 / 2,000 = 2091.2 ms, and the first turn on the faster line, 2.1 ms.
    expect(server.lastArrivalMs - start).toBeGreaterThan(2091.1);
    expect(server.lastArrivalMs - start).toBeLessThan(2093.4);
  });
});

describe("sharing a line", () => {
  it("gives each of four busy streams a quarter, within a turn", async () => {
    const network = linked(A, "up=8mbit");
    const pairs = [];
    for (let i = 0; i < 4; i++) pairs.push(await connect(network, world.host(B), PORT + i));
    const start = clock.nowMs();
    for (const { client } of pairs) client.stream.write([new Uint8Array(1_000_000)]);
    await clock.run(start + 500);
    const received = pairs.map(({ server }) => server.bytes.length);
    expect(Math.max(...received) - Math.min(...received)).toBeLessThanOrEqual(2000);
    // 500 ms at 8 Mbit/s are 500,000 bytes of frames and 478,203 of payload.
    expect(received.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(478_203 - 2100);
    expect(received.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(478_203);
  });

  it("does not keep a small message waiting behind the payload of another stream", async () => {
    const network = linked(A, "up=8mbit,delay=10ms");
    const bulk = await connect(network, world.host(B));
    const chat = await connect(network, world.host(B), PORT + 1);
    const start = clock.nowMs();
    bulk.client.stream.write([new Uint8Array(1_000_000)]);
    chat.client.stream.write([new Uint8Array(9)]);
    await clock.run(start + 100);
    // The turn in progress takes 2.1 ms.
    expect(chat.server.lastArrivalMs - start).toBeGreaterThan(10);
    expect(chat.server.lastArrivalMs - start).toBeLessThan(12.2);
  });

  it("shares the line with datagrams", async () => {
    const network = linked(A, "up=8mbit");
    const bulk = await connect(network, world.host(B));
    const from = await network.openDatagramSocket({ host: A, port: 1000 });
    const to = await world.host(B).openDatagramSocket({ host: B, port: 1000 });
    let datagramAtMs = Number.NaN;
    to.onMessage = () => {
      datagramAtMs = clock.nowMs();
    };
    const start = clock.nowMs();
    bulk.client.stream.write([new Uint8Array(100_000)]);
    from.send(new Uint8Array(958), to.address);
    await clock.run(start + 1000);
    // A turn of the stream, 2000 x 1514/1448 bytes, then a frame of 1000 bytes.
    expect(datagramAtMs - start).toBeCloseTo(2.0912 + 1, 4);
    expect(bulk.server.lastArrivalMs - start).toBeCloseTo(104.558 + 1, 3);
  });
});

describe("jitter", () => {
  it.each(["uniform", "normal", "pareto", "paretonormal"])(
    "of the %s distribution never reorders a stream and keeps the mean",
    async (distribution) => {
      const network = linked(A, `delay=50ms,jitter=10ms,distribution=${distribution}`);
      const { client, server } = await connect(network, world.host(B));
      const sentAtMs: number[] = [];
      for (let i = 0; i < 2000; i++) {
        sentAtMs.push(clock.nowMs());
        client.stream.write([Uint8Array.of(i >>> 8, i)]);
        await clock.run(clock.nowMs() + 200);
      }
      const delays = server.arrivals.map(({ atMs, bytes }, i) => {
        expect([...bytes]).toEqual([i >>> 8, i & 0xff]);
        return atMs - (sentAtMs[i] ?? Number.NaN);
      });
      const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
      expect(Math.abs(mean - 50)).toBeLessThan(1.5);
      expect(Math.max(...delays)).toBeGreaterThan(58);
      expect(Math.max(...delays)).toBeLessThanOrEqual(90);
    },
  );
});

describe("back-pressure", () => {
  it("shows what waits for the line, and says when nothing does", async () => {
    const { client } = await connect(linked(A, "up=8mbit,delay=200ms"), world.host(B));
    let sent = 0;
    const start = clock.nowMs();
    client.stream.write([new Uint8Array(13), new Uint8Array(99_987)], () => sent++);
    expect(client.stream.bufferedBytes).toBe(98_000);
    await clock.run(start + 50);
    expect(client.stream.bufferedBytes).toBeGreaterThan(50_000);
    expect(client.drains).toBe(0);
    await clock.run(start + 105);
    // On its way, but the line takes more.
    expect(client.stream.bufferedBytes).toBe(0);
    expect(client.drains).toBe(1);
    expect(sent).toBe(0);
    await clock.run(start + 400);
    expect(sent).toBe(1);
  });

  it("bounds what is on its way where there is a delay but no rate", async () => {
    const { client, server } = await connect(linked(A, "delay=100ms"), world.host(B));
    const start = clock.nowMs();
    let sentMb = 0;
    for (; client.stream.bufferedBytes === 0; sentMb++) client.stream.write([new Uint8Array(1_000_000)]);
    // 16 MiB are 16.8 MB.
    expect(sentMb).toBe(17);
    await clock.run(start + 100);
    expect(client.drains).toBe(1);
    await clock.run(start + 1000);
    expect(server.bytes).toHaveLength(sentMb * 1_000_000);
  });

  it("destroys a stream whose reader has stopped", async () => {
    const { client, server } = await connect(linked(A, "up=8mbit,delay=10ms"), world.host(B));
    server.stream.pause();
    for (let i = 0; i < 20; i++) client.stream.write([new Uint8Array(100_000)]);
    await clock.run(5000);
    expect(client.stream.bufferedBytes).toBeGreaterThan(1_900_000);
    client.stream.destroy();
    await clock.run(6000);
    expect(server.closedAtMs).toBe(5010);
  });

  it("holds a sender back once 1.5 times what the line holds are queued", async () => {
    const slow = linked(B, "down=8mbit,delay=100ms");
    const { client, server } = await connect(world.host(A), slow);
    await clock.run(1000);
    for (let i = 0; i < 1000; i++) client.stream.write([new Uint8Array(10_000)]);
    await clock.run(1500);
    // 8 Mbit/s x 100 ms = 100,000 bytes.
    expect(slow.stats.down.queuedBytes).toBeLessThanOrEqual(160_000);
    expect(slow.stats.down.queuedBytes).toBeGreaterThanOrEqual(65_000);
    expect(slow.stats.down.inFlightBytes).toBeLessThanOrEqual(100_000);
    expect(client.stream.bufferedBytes).toBeGreaterThan(9_000_000);
    await clock.run(1000 + 10_560);
    expect(server.bytes).toHaveLength(10_000_000);
    expect(slow.stats.down).toEqual({ passedBytes: 10_000_000, queuedBytes: 0, inFlightBytes: 0 });
  });

  it("holds a sender back while the reader is paused, and loses nothing", async () => {
    const { client, server } = await connect(linked(A, "delay=5ms"), linked(B, "down=8mbit,delay=5ms"));
    server.stream.pause();
    for (let i = 0; i < 100; i++) client.stream.write([new Uint8Array(10_000).fill(i)]);
    client.stream.end();
    await clock.run(5000);
    expect(server.arrivals).toEqual([]);
    server.stream.resume();
    await clock.run(10_000);
    expect(server.bytes).toHaveLength(1_000_000);
    expect(server.bytes[999_999]).toBe(99);
    expect(server.closedAtMs).toBeGreaterThan(5000);
  });
});

describe("the end of a stream", () => {
  it("comes behind the last byte", async () => {
    const { client, server } = await connect(linked(A, "up=8mbit,delay=50ms"), world.host(B));
    const start = clock.nowMs();
    client.stream.write([new Uint8Array(100_000)]);
    client.stream.end();
    await clock.run(start + 1000);
    expect(server.bytes).toHaveLength(100_000);
    expect(server.closedAtMs - start).toBeCloseTo(154.558, 3);
    expect(client.closedAtMs - start).toBeCloseTo(204.558, 3);
    expect(client.error).toBeUndefined();
  });

  it("drops what waits when the stream is destroyed, but not what is on its way", async () => {
    const { client, server } = await connect(linked(A, "up=8mbit,delay=50ms"), world.host(B));
    const start = clock.nowMs();
    let sent = 0;
    client.stream.write([new Uint8Array(1000)], () => sent++);
    client.stream.write([new Uint8Array(1_000_000)], () => sent++);
    client.stream.destroy(new Error("enough"));
    client.stream.write([new Uint8Array(1)], () => sent++);
    expect(client.closedAtMs).toBeNaN();
    await clock.run(start + 1000);
    expect(client.error?.message).toBe("enough");
    expect(client.closedAtMs).toBe(start);
    expect(server.bytes.length).toBeLessThanOrEqual(2000);
    expect(server.bytes.length).toBeGreaterThanOrEqual(1000);
    expect(server.closedAtMs - start).toBeGreaterThanOrEqual(50);
    expect(sent).toBe(3);
  });

  it("is heard one way later when the other side destroys its end, and gives all buffers back", async () => {
    const { client, server } = await connect(linked(A, "up=8mbit,delay=50ms"), world.host(B));
    const start = clock.nowMs();
    let sent = 0;
    client.stream.write([new Uint8Array(1_000_000)], () => sent++);
    server.stream.destroy();
    await clock.run(start + 1000);
    expect(client.closedAtMs).toBe(start + 50);
    expect(client.stream.bufferedBytes).toBe(0);
    expect(sent).toBe(1);
  });

  it("is an error one way later when nobody listens", async () => {
    const client = new Log(linked(A, "delay=50ms").connect({ host: B, port: 9 }));
    let sent = 0;
    client.stream.write([new Uint8Array(1)], () => sent++);
    await clock.run(1000);
    expect(client.error).toMatchObject({ code: "ECONNREFUSED" });
    expect(client.closedAtMs).toBe(50);
    expect(client.connectedAtMs).toBeNaN();
    expect(sent).toBe(1);
  });

  it("comes once, whatever is done to the stream while it connects", async () => {
    await world.host(B).listen({ host: "0.0.0.0", port: PORT }, (stream) => new Log(stream));
    const network = linked(A, "delay=50ms");
    const destroyed = new Log(network.connect({ host: B, port: PORT }));
    destroyed.stream.destroy();
    const ended = new Log(network.connect({ host: B, port: PORT }));
    ended.stream.end();
    await clock.run(1000);
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
      clock = new VirtualClock();
      world = new VirtualWorld(clock);
      const { client, server } = await connect(
        linked(A, { ...NO_LINK, ...linkA }),
        linked(B, { ...NO_LINK, ...linkB }),
      );
      const sent: Buffer[] = [];
      let owed = 0;
      for (const step of steps) {
        if (step === "pause") server.stream.pause();
        else if (step === "resume") server.stream.resume();
        else if ("waitMs" in step) await clock.run(clock.nowMs() + step.waitMs);
        else {
          const buffers = step.write.map((length, i) => Buffer.alloc(length, sent.length + i + 1));
          sent.push(...buffers);
          owed++;
          client.stream.write(buffers, () => owed--);
        }
      }
      client.stream.end();
      server.stream.resume();
      await clock.runUntil(() => client.closedAtMs >= 0 && server.closedAtMs >= 0, clock.nowMs() + 1_000_000);
      expect(server.bytes.equals(Buffer.concat(sent))).toBe(true);
      expect(owed).toBe(0);
      expect(client.stream.bufferedBytes).toBe(0);
    }),
    { numRuns: 50 },
  );
});

describe("datagrams", () => {
  async function flood(link: string, count: number, everyMs: number, size = 100) {
    const from = await linked(A, link).openDatagramSocket({ host: A, port: 1000 });
    const to = await world.host(B).openDatagramSocket({ host: B, port: 1000 });
    const arrivals: number[] = [];
    to.onMessage = (payload, sender) => {
      expect(sender).toEqual({ host: A, port: 1000 });
      expect(payload).toHaveLength(size);
      arrivals.push(clock.nowMs());
    };
    for (let i = 0; i < count; i++) {
      from.send(new Uint8Array(size), to.address);
      await clock.run(clock.nowMs() + everyMs);
    }
    await clock.run(clock.nowMs() + 10_000);
    return arrivals;
  }

  it("take the delay, both ways", async () => {
    const a = await linked(A, "delay=40ms").openDatagramSocket({ host: A, port: 1 });
    const b = await linked(B, "delay=10ms").openDatagramSocket({ host: B, port: 1 });
    b.onMessage = (payload, from) => b.send(payload, from);
    let answeredAtMs = Number.NaN;
    a.onMessage = () => {
      answeredAtMs = clock.nowMs();
    };
    a.send(new Uint8Array(8), b.address);
    await clock.run(1000);
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

describe("updateLink", () => {
  it("changes rate and delay under a live stream, in order", async () => {
    const network = linked(A, "up=8mbit,delay=100ms");
    const { client, server } = await connect(network, world.host(B));
    const start = clock.nowMs();
    client.stream.write([Buffer.alloc(200_000, 1)]);
    await clock.run(start + 50);
    network.updateLink(parseLink("up=80mbit,delay=10ms"));
    client.stream.write([Buffer.alloc(10, 2)]);
    await clock.run(start + 1000);
    expect(server.bytes.equals(Buffer.concat([Buffer.alloc(200_000, 1), Buffer.alloc(10, 2)]))).toBe(true);
    // 50 ms at 8 Mbit/s are 47,820 bytes of payload; the other 152,190 take 15.9 ms at 80 Mbit/s. The last of the slow
    // ones arrives at 150 or so, and the fast ones do not overtake it.
    expect(server.lastArrivalMs - start).toBeGreaterThan(149);
    expect(server.lastArrivalMs - start).toBeLessThan(153);
  });

  it("takes the link away", async () => {
    const network = linked(A, "up=100kbit,delay=100ms");
    const { client, server } = await connect(network, world.host(B));
    client.stream.write([new Uint8Array(1_000_000)]);
    const start = clock.nowMs();
    network.updateLink(NO_LINK);
    await clock.run(start + 500);
    expect(server.bytes).toHaveLength(1_000_000);
    client.stream.write([new Uint8Array(1)]);
    const before = clock.nowMs();
    await clock.run(before + 1);
    expect(server.lastArrivalMs).toBe(before);
  });
});

describe("a link that adds nothing, for now", () => {
  it("costs no timer", async () => {
    let timers = 0;
    const counting = {
      nowMs: () => clock.nowMs(),
      setTimer: (delayMs: number, callback: () => void) => {
        timers++;
        return clock.setTimer(delayMs, callback);
      },
    };
    const network = new LinkNetwork(world.host(A), counting, new SeededRandom(A), NO_LINK);
    const { client, server } = await connect(network, world.host(B));
    client.stream.write([Buffer.alloc(100_000, 1)]);
    server.stream.write([Buffer.alloc(100_000, 2)]);
    await clock.run(1);
    expect(server.bytes).toHaveLength(100_000);
    expect(client.bytes).toHaveLength(100_000);
    expect(timers).toBe(0);
    network.updateLink(parseLink("delay=10ms"));
    client.stream.write([Uint8Array.of(1)]);
    await clock.run(100);
    expect(server.lastArrivalMs).toBe(11);
  });
});

describe("emulateLink", () => {
  it("gives the network itself when the link adds nothing", () => {
    const inner = world.host(A);
    expect(emulateLink(inner, clock, new SeededRandom(1), NO_LINK)).toBe(inner);
    expect(emulateLink(inner, clock, new SeededRandom(1), parseLink("delay=1ms"))).toBeInstanceOf(
      LinkNetwork,
    );
    expect(emulateLink(inner, clock, new SeededRandom(1), parseLink("down=1mbit"))).toBeInstanceOf(
      LinkNetwork,
    );
  });
});

describe("httpGet", () => {
  it("goes over the line of the client and that of the server", async () => {
    world.setName("tracker.example", [B]);
    const client = linked(A, "delay=50ms");
    await serveVirtualHttp(linked(B, "up=8mbit,delay=30ms"), { host: "0.0.0.0", port: 80 }, (url) => ({
      status: 200,
      body: Buffer.from(url.search.padEnd(100_000)),
    }));
    const { signal } = new AbortController();
    let answeredAtMs = Number.NaN;
    const options = { signal, timeoutMs: 10_000, maxBodyBytes: 1_000_000 };
    const response = client.httpGet("http://tracker.example/announce?x=1", options).finally(() => {
      answeredAtMs = clock.nowMs();
    });
    await clock.run(5000);
    expect(
      Buffer.from((await response).body)
        .toString()
        .trim(),
    ).toBe("?x=1");
    // Four ways of 80 ms, and 100,040 bytes at 8 Mbit/s: 104.6 ms.
    expect(answeredAtMs).toBeGreaterThan(424.5);
    expect(answeredAtMs).toBeLessThan(424.7);
  });
});
