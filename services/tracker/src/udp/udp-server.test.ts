import { createSocket, type Socket } from "node:dgram";
import { on, once } from "node:events";
import {
  encodeUdpAnnounceRequest,
  encodeUdpConnectRequest,
  encodeUdpScrapeRequest,
  type UdpConnectionId,
} from "@swarmlab/tracker-protocol/udp-request";
import { parseUdpResponse } from "@swarmlab/tracker-protocol/udp-response";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { announceFrom, Workshop } from "../testing/workshop.js";

const workshop = new Workshop();
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await workshop.close();
});

const connectTransaction = 0xc0ffee;

/** A client that sends whatever it likes; `from` is its address. */
async function openClient(port: number, from = "127.0.0.1") {
  const socket = createSocket("udp4");
  sockets.push(socket);
  socket.bind(0, from);
  await once(socket, "listening");
  socket.connect(port, "127.0.0.1");
  await once(socket, "connect");
  const received = on(socket, "message");
  const send = (payload: Uint8Array) => socket.send(payload);
  const next = async (): Promise<Buffer> => (await received.next()).value[0];
  const ask = (payload: Uint8Array) => {
    send(payload);
    return next();
  };
  /** What else is still to come is passed over. */
  const connect = async (): Promise<UdpConnectionId> => {
    send(encodeUdpConnectRequest(connectTransaction));
    for (;;) {
      const response = parseUdpResponse(await next(), "ipv4");
      const isAnswer = response?.action === "connect" && response.transactionId === connectTransaction;
      if (isAnswer) return response.connectionId;
    }
  };
  return { ask, send, connect };
}

const announce = (connectionId: UdpConnectionId, port = 1001) =>
  encodeUdpAnnounceRequest({ ...announceFrom(port), connectionId, transactionId: 2, key: 3, urlData: "" });

async function startUdp(...args: string[]): Promise<number> {
  return Number(new URL((await workshop.tracker(...args)).udpUrl).port);
}

describe("UdpServer", () => {
  it("refuses connection ids that it did not give: the constant one, another's, and invented ones", async () => {
    const port = await startUdp();
    const client = await openClient(port);
    const other = await openClient(port, "127.0.0.2");
    const mine = await client.connect();
    const forged = [
      { high: 0x417, low: 0x27101980 },
      { high: 0, low: 0 },
      { high: mine.high, low: (mine.low ^ 1) >>> 0 },
      await other.connect(),
    ];
    for (const connectionId of forged) {
      const request = announce(connectionId);
      const answer = await client.ask(request);
      expect(parseUdpResponse(answer, "ipv4")).toMatchObject({
        action: "error",
        message: "bad connection id",
      });
      expect(answer.length).toBeLessThanOrEqual(request.length);
    }
    expect(parseUdpResponse(await client.ask(announce(mine)), "ipv4")).toMatchObject({
      leechers: 1,
      peers: [],
    });
  });

  it("never answers a stranger with more than it sent", async () => {
    const client = await openClient(await startUdp());
    const id = { high: 1, low: 2 };
    const oneTorrent = encodeUdpScrapeRequest({
      connectionId: id,
      transactionId: 1,
      infoHashes: [new Uint8Array(20)],
    });
    for (const request of [encodeUdpConnectRequest(1), announce(id), oneTorrent]) {
      expect((await client.ask(request)).length).toBeLessThanOrEqual(request.length);
    }
  });

  it("takes a peer's address from where it is, not from what it says", async () => {
    const port = await startUdp();
    const [client, other] = [await openClient(port), await openClient(port, "127.0.0.2")];
    const lying = Buffer.from(announce(await client.connect()));
    lying.set([192, 0, 2, 9], 84);
    await client.ask(lying);
    const answer = parseUdpResponse(await other.ask(announce(await other.connect(), 1002)), "ipv4");
    expect(answer).toMatchObject({ peers: [{ host: "127.0.0.1", port: 1001 }] });
  });

  it("refuses port 0 and bounds the number of peers", async () => {
    const client = await openClient(await startUdp());
    const id = await client.connect();
    expect(parseUdpResponse(await client.ask(announce(id, 0)), "ipv4")).toMatchObject({ action: "error" });
    for (let port = 1; port <= 230; port++) await client.ask(announce(id, port));
    for (const [numWant, expected] of [
      [1_000_000_000, 200],
      [undefined, 50],
      [0, 0],
    ] as const) {
      const request = encodeUdpAnnounceRequest({
        ...announceFrom(9999, { numWant }),
        connectionId: id,
        transactionId: 2,
        key: 3,
        urlData: "/announce?with=data",
      });
      const answer = await client.ask(request);
      expect(parseUdpResponse(answer, "ipv4")).toMatchObject({ peers: { length: expected } });
      expect(answer.length).toBeLessThanOrEqual(1400);
    }
  });

  it("still answers after any datagrams", async () => {
    const client = await openClient(await startUdp());
    const id = await client.connect();
    const head = fc.constantFrom(
      Buffer.alloc(0),
      Buffer.from(announce(id)),
      Buffer.from(encodeUdpConnectRequest(1)),
    );
    const datagrams = fc.sample(fc.tuple(head, fc.uint8Array({ maxLength: 200 }), fc.nat(98)), 300);
    for (const [start, tail, cut] of datagrams) client.send(Buffer.concat([start.subarray(0, cut), tail]));
    expect(await client.connect()).toEqual(id);
  });
});
