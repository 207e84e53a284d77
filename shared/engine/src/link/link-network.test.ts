import { NO_LINK, parseLink } from "@swarmlab/scenario/link";
import { beforeEach, describe, expect, it } from "vitest";
import { SeededRandom } from "../random/seeded-random.js";
import { serveVirtualHttp } from "../simulation/virtual-http.js";
import { emulateLink, LinkNetwork } from "./link-network.js";
import { A, B, LinkLab, PORT, type StreamLog } from "./testing/link-lab.js";

let lab: LinkLab;

beforeEach(() => {
  lab = new LinkLab();
});

describe("a stream over 10 Mbit/s up and 50 ms", () => {
  const link = "up=10mbit,delay=50ms";

  it("is connected after a round trip of 100 ms", async () => {
    const { client } = await lab.connect(lab.linked(A, link), lab.world.host(B));
    expect(client.connectedAtMs).toBe(100);
  });

  it("delivers a byte after 50 ms", async () => {
    const { client, server } = await lab.connect(lab.linked(A, link), lab.world.host(B));
    client.stream.write([new Uint8Array(1)]);
    await lab.clock.run(1000);
    // One byte with its share of the headers takes 0.8 us at 10 Mbit/s.
    expect(server.lastArrivalMs).toBeCloseTo(150.0008, 4);
  });

  it("delivers 1 MB after 50 ms and the 836.5 ms that its frames take", async () => {
    const { client, server } = await lab.connect(lab.linked(A, link), lab.world.host(B));
    const data = Buffer.from(Array.from({ length: 1000 }, (_, i) => `line ${i} `.padEnd(1000, "x")).join(""));
    client.stream.write([data]);
    await lab.clock.run(2000);
    expect(server.bytes.equals(data)).toBe(true);
    // The first turn on the line: 2500 bytes x 1514/1448 x 8 / 10,000 bits a ms = 2.0912 ms.
    expect(server.arrivals[0]?.atMs).toBeCloseTo(152.0912, 4);
    expect(server.lastArrivalMs).toBeCloseTo(986.4641, 4);
  });

  it("does not limit the other direction", async () => {
    const { client, server } = await lab.connect(lab.linked(A, link), lab.world.host(B));
    server.stream.write([new Uint8Array(1_000_000)]);
    await lab.clock.run(1000);
    expect(client.bytes).toHaveLength(1_000_000);
    expect(client.lastArrivalMs).toBe(150);
  });
});

describe("two links", () => {
  it("add up: 50 ms here and 30 ms there are a round trip of 160 ms", async () => {
    const { client, server } = await lab.connect(lab.linked(A, "delay=50ms"), lab.linked(B, "delay=30ms"));
    server.answer = (chunk) => server.stream.write([Uint8Array.from(chunk)]);
    client.stream.write([Buffer.from("hello")]);
    await lab.clock.run(1000);
    client.stream.write([Buffer.from("ping")]);
    await lab.clock.run(2000);
    expect(client.bytes.toString()).toBe("helloping");
    expect(client.lastArrivalMs).toBe(1160);
  });

  it("charge the TCP handshake: the first bytes arrive after three ways, the first answer after four", async () => {
    let server: StreamLog | undefined;
    await lab.linked(B, "delay=30ms").listen({ host: "0.0.0.0", port: PORT }, (stream) => {
      server = lab.log(stream);
      server.answer = () => stream.write([Buffer.from("pong")]);
    });
    const client = lab.log(lab.linked(A, "delay=50ms").connect({ host: B, port: PORT }));
    client.stream.write([Buffer.from("ping")]);
    await lab.clock.run(1000);
    expect(server?.lastArrivalMs).toBe(240);
    expect(client.lastArrivalMs).toBe(320);
  });

  it("are as slow as the slower one: 2 Mbit/s down behind 10 Mbit/s up", async () => {
    const { client, server } = await lab.connect(lab.linked(A, "up=10mbit"), lab.linked(B, "down=2mbit"));
    const start = lab.clock.nowMs();
    client.stream.write([new Uint8Array(500_000)]);
    await lab.clock.run(start + 5000);
    expect(server.bytes).toHaveLength(500_000);
    // 500,000 x 1514/1448 x 8 / 2,000 = 2091.2 ms, and the first turn on the faster line, 2.1 ms.
    expect(server.lastArrivalMs - start).toBeGreaterThan(2091.1);
    expect(server.lastArrivalMs - start).toBeLessThan(2093.4);
  });
});

describe("sharing a line", () => {
  it("gives each of four busy streams a quarter, within a turn", async () => {
    const network = lab.linked(A, "up=8mbit");
    const pairs = [];
    for (let i = 0; i < 4; i++) pairs.push(await lab.connect(network, lab.world.host(B), PORT + i));
    const start = lab.clock.nowMs();
    for (const { client } of pairs) client.stream.write([new Uint8Array(1_000_000)]);
    await lab.clock.run(start + 500);
    const received = pairs.map(({ server }) => server.bytes.length);
    expect(Math.max(...received) - Math.min(...received)).toBeLessThanOrEqual(2000);
    // 500 ms at 8 Mbit/s are 500,000 bytes of frames and 478,203 of payload.
    expect(received.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(478_203 - 2100);
    expect(received.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(478_203);
  });

  it("does not keep a small message waiting behind the payload of another stream", async () => {
    const network = lab.linked(A, "up=8mbit,delay=10ms");
    const bulk = await lab.connect(network, lab.world.host(B));
    const chat = await lab.connect(network, lab.world.host(B), PORT + 1);
    const start = lab.clock.nowMs();
    bulk.client.stream.write([new Uint8Array(1_000_000)]);
    chat.client.stream.write([new Uint8Array(9)]);
    await lab.clock.run(start + 100);
    // The turn in progress takes 2.1 ms.
    expect(chat.server.lastArrivalMs - start).toBeGreaterThan(10);
    expect(chat.server.lastArrivalMs - start).toBeLessThan(12.2);
  });

  it("shares the line with datagrams", async () => {
    const network = lab.linked(A, "up=8mbit");
    const bulk = await lab.connect(network, lab.world.host(B));
    const from = await network.openDatagramSocket({ host: A, port: 1000 });
    const to = await lab.world.host(B).openDatagramSocket({ host: B, port: 1000 });
    let datagramAtMs = Number.NaN;
    to.onMessage = () => {
      datagramAtMs = lab.clock.nowMs();
    };
    const start = lab.clock.nowMs();
    bulk.client.stream.write([new Uint8Array(100_000)]);
    from.send(new Uint8Array(958), to.address);
    await lab.clock.run(start + 1000);
    // A turn of the stream, 2000 x 1514/1448 bytes, then a frame of 1000 bytes.
    expect(datagramAtMs - start).toBeCloseTo(2.0912 + 1, 4);
    expect(bulk.server.lastArrivalMs - start).toBeCloseTo(104.558 + 1, 3);
  });
});

describe("jitter", () => {
  it.each(["uniform", "normal", "pareto", "paretonormal"])(
    "of the %s distribution never reorders a stream and keeps the mean",
    async (distribution) => {
      const network = lab.linked(A, `delay=50ms,jitter=10ms,distribution=${distribution}`);
      const { client, server } = await lab.connect(network, lab.world.host(B));
      const sentAtMs: number[] = [];
      for (let i = 0; i < 2000; i++) {
        sentAtMs.push(lab.clock.nowMs());
        client.stream.write([Uint8Array.of(i >>> 8, i)]);
        await lab.clock.run(lab.clock.nowMs() + 200);
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

describe("updateLink", () => {
  it("changes rate and delay under a live stream, in order", async () => {
    const network = lab.linked(A, "up=8mbit,delay=100ms");
    const { client, server } = await lab.connect(network, lab.world.host(B));
    const start = lab.clock.nowMs();
    client.stream.write([Buffer.alloc(200_000, 1)]);
    await lab.clock.run(start + 50);
    network.updateLink(parseLink("up=80mbit,delay=10ms"));
    client.stream.write([Buffer.alloc(10, 2)]);
    await lab.clock.run(start + 1000);
    expect(server.bytes.equals(Buffer.concat([Buffer.alloc(200_000, 1), Buffer.alloc(10, 2)]))).toBe(true);
    // 50 ms at 8 Mbit/s are 47,820 bytes of payload; the other 152,190 take 15.9 ms at 80 Mbit/s. The last of the slow
    // ones arrives at 150 or so, and the fast ones do not overtake it.
    expect(server.lastArrivalMs - start).toBeGreaterThan(149);
    expect(server.lastArrivalMs - start).toBeLessThan(153);
  });

  it("takes the link away", async () => {
    const network = lab.linked(A, "up=100kbit,delay=100ms");
    const { client, server } = await lab.connect(network, lab.world.host(B));
    client.stream.write([new Uint8Array(1_000_000)]);
    const start = lab.clock.nowMs();
    network.updateLink(NO_LINK);
    await lab.clock.run(start + 500);
    expect(server.bytes).toHaveLength(1_000_000);
    client.stream.write([new Uint8Array(1)]);
    const before = lab.clock.nowMs();
    await lab.clock.run(before + 1);
    expect(server.lastArrivalMs).toBe(before);
  });
});

describe("a link that adds nothing, for now", () => {
  it("costs no timer", async () => {
    let timers = 0;
    const counting = {
      nowMs: () => lab.clock.nowMs(),
      setTimer: (delayMs: number, callback: () => void) => {
        timers++;
        return lab.clock.setTimer(delayMs, callback);
      },
    };
    const network = new LinkNetwork(lab.world.host(A), counting, new SeededRandom(A), NO_LINK);
    const { client, server } = await lab.connect(network, lab.world.host(B));
    client.stream.write([Buffer.alloc(100_000, 1)]);
    server.stream.write([Buffer.alloc(100_000, 2)]);
    await lab.clock.run(1);
    expect(server.bytes).toHaveLength(100_000);
    expect(client.bytes).toHaveLength(100_000);
    expect(timers).toBe(0);
    network.updateLink(parseLink("delay=10ms"));
    client.stream.write([Uint8Array.of(1)]);
    await lab.clock.run(100);
    expect(server.lastArrivalMs).toBe(11);
  });
});

describe("emulateLink", () => {
  it("gives the network itself when the link adds nothing", () => {
    const inner = lab.world.host(A);
    expect(emulateLink(inner, lab.clock, new SeededRandom(1), NO_LINK)).toBe(inner);
    expect(emulateLink(inner, lab.clock, new SeededRandom(1), parseLink("delay=1ms"))).toBeInstanceOf(
      LinkNetwork,
    );
    expect(emulateLink(inner, lab.clock, new SeededRandom(1), parseLink("down=1mbit"))).toBeInstanceOf(
      LinkNetwork,
    );
  });
});

describe("httpGet", () => {
  it("goes over the line of the client and that of the server", async () => {
    lab.world.setName("tracker.example", [B]);
    const client = lab.linked(A, "delay=50ms");
    await serveVirtualHttp(lab.linked(B, "up=8mbit,delay=30ms"), { host: "0.0.0.0", port: 80 }, (url) => ({
      status: 200,
      body: Buffer.from(url.search.padEnd(100_000)),
    }));
    const { signal } = new AbortController();
    let answeredAtMs = Number.NaN;
    const options = { signal, timeoutMs: 10_000, maxBodyBytes: 1_000_000 };
    const response = client.httpGet("http://tracker.example/announce?x=1", options).finally(() => {
      answeredAtMs = lab.clock.nowMs();
    });
    await lab.clock.run(5000);
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
