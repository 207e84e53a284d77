import { type Link, parseLink } from "@swarmlab/scenario/link";
import { afterEach, describe, expect, it } from "vitest";
import { NodeClock } from "../node/node-clock.js";
import { NodeNetwork } from "../node/node-network.js";
import type { ByteStream, ByteStreamHandler, Network } from "../ports/network.js";
import { SeededRandom } from "../random/seeded-random.js";
import { LinkNetwork } from "./link-network.js";

// Over real sockets in real time: what a link declares is what one measures, to 2 ms and 3 %.

const clock = new NodeClock();
const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const resource of open.splice(0)) await resource.close();
});

function linked(link: string | Link): Network {
  const declared = typeof link === "string" ? parseLink(link) : link;
  return new LinkNetwork(new NodeNetwork(), clock, new SeededRandom(1), declared);
}

async function connect(
  client: Network,
  server: Network,
  clientHandler: (stream: ByteStream) => ByteStreamHandler,
  serverHandler: (stream: ByteStream) => ByteStreamHandler,
): Promise<{ client: ByteStream; server: ByteStream }> {
  let onAccepted: (stream: ByteStream) => void = () => {};
  const accepted = new Promise<ByteStream>((resolve) => {
    onAccepted = resolve;
  });
  const listener = await server.listen({ host: "127.0.0.1", port: 0 }, (stream) => {
    stream.attach(serverHandler(stream));
    onAccepted(stream);
  });
  const stream = client.connect(listener.address);
  open.push({ close: () => stream.destroy() }, listener);
  stream.attach(clientHandler(stream));
  return { client: stream, server: await accepted };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Knows when this process was last held up by others on the machine, from a timer that should come every millisecond. */
function watchStalls(): { lastStallMs(): number } {
  let lastTickMs = clock.nowMs();
  let lastStallMs = Number.NEGATIVE_INFINITY;
  const look = (): number => {
    const nowMs = clock.nowMs();
    if (nowMs - lastTickMs > 3) lastStallMs = nowMs;
    lastTickMs = nowMs;
    return lastStallMs;
  };
  const interval = setInterval(look, 1);
  open.push({ close: () => clearInterval(interval) });
  return { lastStallMs: look };
}

/** The median of `rounds` round trips of a small message; those in which this process was held up do not count. */
async function measureRtt(client: Network, server: Network, rounds: number): Promise<number> {
  const rtts: number[] = [];
  const stalls = watchStalls();
  let sentAtMs = 0;
  await new Promise<void>((resolve) => {
    const ping = (stream: ByteStream): void => {
      sentAtMs = clock.nowMs();
      stream.write([Buffer.from("ping")]);
    };
    connect(
      client,
      server,
      (stream) => ({
        onConnect: () => ping(stream),
        onData: () => {
          const rttMs = clock.nowMs() - sentAtMs;
          if (stalls.lastStallMs() < sentAtMs) rtts.push(rttMs);
          if (rtts.length === rounds) resolve();
          else ping(stream);
        },
        onClose: () => {},
      }),
      (stream) => ({
        onData: (chunk) => stream.write([Uint8Array.from(chunk)]),
        onClose: () => {},
      }),
    );
  });
  return median(rtts);
}

/** Payload in Mbit/s over `forMs`, after the first byte has arrived, from a sender that always has more. */
async function measureMbit(client: Network, server: Network, forMs: number): Promise<number> {
  const block = new Uint8Array(16 * 1024);
  let startAtMs: number | undefined;
  let bytes = 0;
  let isDone = false;
  return new Promise((resolve) => {
    const fill = (stream: ByteStream): void => {
      while (!isDone && stream.bufferedBytes < 1024 * 1024) stream.write([block], () => fill(stream));
    };
    // Looks at the clock once all that is due has arrived: what was held up with this process belongs to the time before.
    const begin = (): void => {
      startAtMs = clock.nowMs();
      bytes = 0;
    };
    const look = (): void => {
      const elapsedMs = clock.nowMs() - (startAtMs ?? Number.NaN);
      if (!(elapsedMs >= forMs)) return;
      isDone = true;
      resolve((bytes * 8) / elapsedMs / 1000);
    };
    connect(
      client,
      server,
      (stream) => ({ onConnect: () => fill(stream), onData: () => {}, onClose: () => {} }),
      () => ({
        onData: (chunk) => {
          bytes += chunk.length;
          setImmediate(startAtMs === undefined ? begin : look);
        },
        onClose: () => {},
      }),
    );
  });
}

describe("the round trip over loopback", () => {
  it.each([
    ["delay=20ms", "none", 40],
    ["delay=20ms", "delay=5ms", 50],
    ["delay=12.3ms", "delay=7.4ms", 39.4],
    ["up=10mbit,down=10mbit,delay=15ms", "up=1mbit,down=5mbit,delay=14ms", 58],
  ])("of %s to %s is %d ms, to 2 ms", async (client, server, expectedMs) => {
    const rttMs = await measureRtt(linked(client), linked(server), 11);
    expect(Math.abs(rttMs - expectedMs)).toBeLessThan(2);
  });
});

describe("the throughput over loopback", () => {
  it.each([
    ["up=8mbit,delay=10ms", "none", 8],
    ["none", "down=8mbit,delay=10ms", 8],
    ["up=50mbit,delay=10ms", "none", 50],
    ["none", "down=50mbit,delay=10ms", 50],
    ["up=50mbit,down=50mbit,delay=5ms", "up=8mbit,down=8mbit,delay=5ms", 8],
  ])("of %s to %s is %d Mbit/s of frames, to 3 percent", async (client, server, expectedMbit) => {
    const mbit = (await measureMbit(linked(client), linked(server), 1000)) * (1514 / 1448);
    expect(Math.abs(mbit / expectedMbit - 1)).toBeLessThan(0.03);
  });
});
