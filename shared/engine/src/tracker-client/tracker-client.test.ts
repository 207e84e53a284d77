import { encodeBencode } from "@swarmlab/bencode/encode";
import { leftUnknown } from "@swarmlab/tracker-protocol/announce";
import { parseUdpRequest, type UdpRequest } from "@swarmlab/tracker-protocol/udp-request";
import {
  writeUdpAnnounceHead,
  writeUdpConnectResponse,
  writeUdpError,
} from "@swarmlab/tracker-protocol/udp-response";
import { describe, expect, it } from "vitest";
import type { DatagramSocket, HttpResponse, Network, SocketAddress } from "../ports/network.js";
import { SeededRandom } from "../random/seeded-random.js";
import { VirtualClock } from "../simulation/virtual-clock.js";
import { TrackerClient, type TrackerClientOptions } from "./tracker-client.js";

const never = new AbortController().signal;
const request = {
  infoHash: new Uint8Array(20).fill(1),
  peerId: new Uint8Array(20).fill(2),
  port: 6881,
  uploadedBytes: 1,
  downloadedBytes: 2,
  leftBytes: leftUnknown,
  event: undefined,
  numWant: 50,
};

/** A network that answers HTTP and datagrams from scripts, and keeps what was sent. */
class ScriptedNetwork implements Network {
  readonly urls: string[] = [];
  readonly datagrams: { readonly request: UdpRequest; readonly to: SocketAddress; readonly atMs: number }[] =
    [];
  openSockets = 0;
  /** Answers one datagram, any number of times, or not at all. */
  onDatagram: (request: UdpRequest, reply: (payload: Uint8Array, from?: SocketAddress) => void) => void =
    () => {};
  onGet: (url: string) => HttpResponse = () => ({ status: 200, body: encodeBencode({ interval: 60 }) });
  addresses = ["192.0.2.1"];

  constructor(readonly clock: VirtualClock) {}

  connect(): never {
    throw new Error("not scripted");
  }

  listen(): never {
    throw new Error("not scripted");
  }

  async openDatagramSocket(address: SocketAddress): Promise<DatagramSocket> {
    this.openSockets++;
    const socket: DatagramSocket = {
      address,
      onMessage: undefined,
      send: (payload, to) => {
        const parsed = parseUdpRequest(payload);
        if (parsed === undefined) throw new Error("not a request");
        this.datagrams.push({ request: parsed, to, atMs: this.clock.nowMs() });
        this.onDatagram(parsed, (answer, from = to) => {
          queueMicrotask(() => socket.onMessage?.(Uint8Array.from(answer), from));
        });
      },
      close: async () => void this.openSockets--,
    };
    return socket;
  }

  async resolve(): Promise<string[]> {
    return this.addresses;
  }

  async httpGet(url: string): Promise<HttpResponse> {
    this.urls.push(url);
    return this.onGet(url);
  }
}

function setUp(options: Partial<TrackerClientOptions> = {}) {
  const clock = new VirtualClock();
  const network = new ScriptedNetwork(clock);
  const client = new TrackerClient({ network, clock, random: new SeededRandom(1), ...options });
  return { clock, network, client };
}

/** Answers connects with `connectionId`, and announces that carry it with one peer. */
function answerLikeATracker(network: ScriptedNetwork, connectionId = { high: 7, low: 8 }): void {
  const target = Buffer.alloc(100);
  network.onDatagram = (datagram, reply) => {
    const { transactionId, action } = datagram;
    if (action === "connect") {
      reply(target.subarray(0, writeUdpConnectResponse(target, transactionId, connectionId)));
    } else if (action === "announce") {
      const size = writeUdpAnnounceHead(target, transactionId, {
        intervalSeconds: 60,
        leechers: 1,
        seeders: 2,
      });
      reply(Buffer.concat([target.subarray(0, size), Uint8Array.of(192, 0, 2, 9, 0, 80)]));
    }
  };
}

describe("TrackerClient over HTTP", () => {
  it("sends back the tracker id, to the tracker and for the torrent that it belongs to", async () => {
    const { network, client } = setUp({ ipv6: "2001:db8::1" });
    network.onGet = () => ({ status: 200, body: encodeBencode({ interval: 60, "tracker id": "a&b" }) });
    for (const event of ["started", undefined, "stopped", undefined] as const) {
      await client.announce("http://192.0.2.1/announce", { ...request, event }, never);
    }
    await client.announce("http://192.0.2.2/announce", request, never);
    expect(network.urls.map((url) => url.includes("&trackerid=a%26b"))).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
    expect(network.urls[0]).toContain("&ipv6=2001%3Adb8%3A%3A1");
  });

  it("understands a failure reason with an error status, and names a status without one", async () => {
    const { network, client } = setUp();
    network.onGet = () => ({ status: 400, body: encodeBencode({ "failure reason": "unregistered" }) });
    await expect(client.announce("http://192.0.2.1/announce", request, never)).rejects.toMatchObject({
      code: "REFUSED",
      message: "unregistered",
    });
    network.onGet = () => ({ status: 502, body: Buffer.from("<html>") });
    await expect(client.announce("http://192.0.2.1/announce", request, never)).rejects.toMatchObject({
      code: "HTTP_STATUS",
    });
  });

  it("scrapes in the order that was asked for", async () => {
    const { network, client } = setUp();
    const files = new Map([["\x02".repeat(20), { complete: 1, downloaded: 2, incomplete: 3 }]]);
    network.onGet = () => ({ status: 200, body: encodeBencode({ files }) });
    const hashes = [request.infoHash, request.peerId];
    expect(await client.scrape("http://192.0.2.1/announce", hashes, never)).toEqual([
      undefined,
      { seeders: 1, completed: 2, leechers: 3 },
    ]);
    await expect(client.scrape("http://192.0.2.1/a", hashes, never)).rejects.toMatchObject({
      code: "NO_SCRAPE",
    });
  });

  it("refuses other schemes", async () => {
    const { client } = setUp();
    for (const url of ["wss://192.0.2.1/", "file:///etc/passwd", "nonsense"]) {
      await expect(client.announce(url, request, never)).rejects.toMatchObject({ code: "UNSUPPORTED_URL" });
    }
  });
});

describe("TrackerClient over UDP", () => {
  it("uses a connection id for one minute", async () => {
    const { clock, network, client } = setUp();
    answerLikeATracker(network);
    const announce = () => client.announce("udp://tracker.example:80/x?y=1", request, never);
    expect(await announce()).toMatchObject({
      seeders: 2,
      leechers: 1,
      peers: [{ host: "192.0.2.9", port: 80 }],
    });
    await clock.run(clock.nowMs() + 59_000);
    await announce();
    await clock.run(clock.nowMs() + 1_000);
    await announce();
    expect(network.datagrams.map((datagram) => datagram.request.action)).toEqual([
      "connect",
      "announce",
      "announce",
      "connect",
      "announce",
    ]);
    expect(network.datagrams[1]?.request).toMatchObject({
      connectionId: { high: 7, low: 8 },
      urlData: "/x?y=1",
    });
    expect(network.openSockets).toBe(1);
    await client.close();
    expect(network.openSockets).toBe(0);
  });

  it("sends again after 15, 30, 60 … seconds, to one address after the other, and gives up in time", async () => {
    const { clock, network, client } = setUp({ timeoutMs: 200_000 });
    network.addresses = ["2001:db8::1", "192.0.2.1"];
    const failure = expect(client.announce("udp://tracker.example:80", request, never)).rejects.toMatchObject(
      {
        code: "TIMEOUT",
      },
    );
    await clock.run(clock.nowMs() + 200_000);
    await failure;
    expect(network.datagrams.map(({ atMs, to }) => [atMs, to.host])).toEqual([
      [0, "192.0.2.1"],
      [15_000, "2001:db8::1"],
      [45_000, "192.0.2.1"],
      [105_000, "2001:db8::1"],
    ]);
  });

  it("believes only the address that it asked, and only its transaction", async () => {
    const { clock, network, client } = setUp();
    const target = Buffer.alloc(20);
    network.onDatagram = ({ transactionId }, reply) => {
      const answer = (id: number) => target.subarray(0, writeUdpError(target, id, "forged"));
      reply(answer(transactionId), { host: "192.0.2.66", port: 80 });
      reply(answer(transactionId), { host: "192.0.2.1", port: 81 });
      reply(answer((transactionId ^ 1) >>> 0));
      reply(Uint8Array.of(1, 2, 3));
    };
    const announce = client.announce("udp://192.0.2.1:80/announce", request, never);
    const failure = expect(announce).rejects.toMatchObject({ code: "TIMEOUT" });
    await clock.run(clock.nowMs() + 60_000);
    await failure;
  });

  it("connects anew after the tracker refused its connection id", async () => {
    const { network, client } = setUp();
    answerLikeATracker(network);
    await client.announce("udp://192.0.2.1:80/announce", request, never);
    const target = Buffer.alloc(100);
    network.onDatagram = ({ transactionId }, reply) =>
      reply(target.subarray(0, writeUdpError(target, transactionId, "bad id")));
    const announce = () => client.announce("udp://192.0.2.1:80/announce", request, never);
    await expect(announce()).rejects.toMatchObject({ code: "REFUSED", message: "bad id" });
    answerLikeATracker(network, { high: 1, low: 1 });
    await announce();
    const last = network.datagrams.at(-1)?.request;
    expect(last).toMatchObject({ action: "announce", connectionId: { high: 1, low: 1 } });
  });

  it("ends when it is aborted", async () => {
    const { clock, network, client } = setUp();
    const controller = new AbortController();
    const announce = client.announce("udp://192.0.2.1:80/announce", request, controller.signal);
    const failure = expect(announce).rejects.toBe("enough");
    await clock.run(clock.nowMs() + 1);
    controller.abort("enough");
    await failure;
    const sent = network.datagrams.length;
    await clock.run(clock.nowMs() + 60_000);
    expect(network.datagrams).toHaveLength(sent);
  });

  it("says when a host has no address or a URL no port", async () => {
    const { network, client } = setUp();
    await expect(client.announce("udp://192.0.2.1/announce", request, never)).rejects.toMatchObject({
      code: "NO_ADDRESS",
    });
    network.addresses = [];
    await expect(client.announce("udp://tracker.example:80", request, never)).rejects.toMatchObject({
      code: "NO_ADDRESS",
    });
  });
});
