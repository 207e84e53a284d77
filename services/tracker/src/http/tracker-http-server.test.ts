import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { parseAnnounceResponse } from "@swarmlab/tracker-protocol/http-response";
import express from "express";
import { afterEach, describe, expect, it } from "vitest";
import { AnnounceService } from "../announce-service.js";
import { SwarmStore } from "../store/swarm-store.js";
import { TrackerCounters } from "../tracker-counters.js";
import { AnnounceAnswer } from "./announce-answer.js";
import { TrackerHttpServer } from "./tracker-http-server.js";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function start(options: { idleMs?: number; maxConnections?: number } = {}) {
  const counters = new TrackerCounters();
  const store = new SwarmStore({
    nowMs: () => performance.now(),
    randomUint32: () => 7,
    peerLifeMs: 60_000,
    maxTorrents: 1000,
    maxPeers: 1000,
  });
  const service = new AnnounceService({ store, counters, intervalSeconds: 60, isRegistered: undefined });
  const fallback = express().get("/api/hello", (_request, response) => void response.send("hello"));
  const server = new TrackerHttpServer({
    answers: new AnnounceAnswer(service, counters),
    fallback,
    maxConnections: options.maxConnections ?? 100,
    ...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }),
  });
  const port = await server.listen("127.0.0.1", 0);
  closers.push(() => server.close(50));
  return { port, server, store };
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** Unlike `once`, not disturbed by a reset. */
function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once("close", resolve));
}

/** Everything that the server sends until it closes. */
async function readAll(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  await closed(socket);
  return text;
}

/** Sends the parts one after the other, each once the one before has gone, and reads until the server closes. */
async function exchange(port: number, ...parts: string[]): Promise<string> {
  const socket = await open(port);
  const reply = readAll(socket);
  for (const part of parts) {
    await new Promise((resolve) => socket.write(part, "latin1", resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return reply;
}

const hash = "%01".repeat(20);
const query = `info_hash=${hash}&peer_id=${hash}&port=6881&left=1`;
const get = (path: string, ...headers: string[]) =>
  `GET ${path} HTTP/1.1\r\nHost: example\r\n${headers.map((header) => `${header}\r\n`).join("")}\r\n`;
const announce = (port: number) => get(`/announce?info_hash=${hash}&peer_id=${hash}&port=${port}&left=1`);
const lastAnnounce = get(`/announce?${query}`, "Connection: close");

function bodiesOf(stream: string): string[] {
  const bodies: string[] = [];
  let rest = stream;
  while (rest !== "") {
    const head = /^HTTP\/1.1 .*?Content-Length: (\d+).*?\r\n\r\n/is.exec(rest);
    if (head === null) throw new Error(`no answer: ${rest}`);
    const end = head[0].length;
    const length = Number(head[1]);
    bodies.push(rest.slice(end, end + length));
    rest = rest.slice(end + length);
  }
  return bodies;
}

const failureOf = (reply: string) => /14:failure reason\d+:(.*)e$/s.exec(bodiesOf(reply)[0] ?? "")?.[1];

describe("TrackerHttpServer", () => {
  it("answers pipelined announces in their order, and then closes when asked", async () => {
    const { port } = await start();
    const bodies = bodiesOf(await exchange(port, announce(1) + announce(2) + announce(3) + lastAnnounce));
    const peers = bodies.map((body) => parseAnnounceResponse(Buffer.from(body, "latin1")).peers.length);
    expect(peers).toEqual([0, 1, 2, 3]);
  });

  it("waits for the rest of a request that comes byte by byte", async () => {
    const { port } = await start();
    const [body = ""] = bodiesOf(await exchange(port, ...lastAnnounce.split("")));
    expect(parseAnnounceResponse(Buffer.from(body, "latin1")).intervalSeconds).toBe(60);
  });

  it("serves the API on a connection that announced before, requests in pieces included", async () => {
    const { port } = await start();
    const api = get("/api/hello", "Connection: close");
    const bodies = bodiesOf(await exchange(port, announce(1) + api.slice(0, 30), api.slice(30)));
    expect(bodies[1]).toBe("hello");
    expect(bodiesOf(await exchange(port, get("/api/hello") + api))).toEqual(["hello", "hello"]);
  });

  it("answers announces and scrapes on a connection that asked the API before", async () => {
    const { port } = await start();
    const scrape = get(`/scrape?info_hash=${hash}`, "Connection: close");
    const stream = await exchange(
      port,
      get("/api/hello") + announce(1) + announce(2) + get("/announce") + scrape,
    );
    const [, first = "", second = "", third, last] = bodiesOf(stream);
    expect(parseAnnounceResponse(Buffer.from(first, "latin1")).peers).toEqual([]);
    expect(parseAnnounceResponse(Buffer.from(second, "latin1")).peers).toEqual([
      { host: "127.0.0.1", port: 1 },
    ]);
    expect(third).toContain("info_hash is missing");
    expect(last).toContain("10:incompletei2e");
  });

  it("lists peers as dictionaries for compact=0", async () => {
    const { port } = await start();
    const reply = await exchange(
      port,
      announce(9) + get(`/announce?${query}&compact=0`, "Connection: close"),
    );
    expect(bodiesOf(reply)[1]).toContain("5:peersld2:ip9:127.0.0.14:porti9eee");
  });

  it("keeps an HTTP/1.0 connection only when asked", async () => {
    const { port } = await start();
    const request = `GET /announce?${query} HTTP/1.0\r\n`;
    const reply = await exchange(port, `${request}Connection: keep-alive\r\n\r\n${request}\r\n`);
    expect(reply.match(/Connection: [a-z-]+/g)).toEqual(["Connection: keep-alive", "Connection: close"]);
  });

  it("scrapes", async () => {
    const { port } = await start();
    const scrape = get(
      `/scrape?info_hash=${hash}&info_hash=${hash.replaceAll("1", "2")}`,
      "Connection: close",
    );
    const bodies = bodiesOf(await exchange(port, announce(1) + scrape));
    const figures = (leechers: number) => `d8:completei0e10:downloadedi0e10:incompletei${leechers}ee`;
    expect(bodies[1]).toBe(
      `d5:filesd20:${"\x01".repeat(20)}${figures(1)}20:${"\x02".repeat(20)}${figures(0)}ee`,
    );
  });

  it.each([
    ["peer_id=aaaaaaaaaaaaaaaaaaaa&port=1", "info_hash is missing"],
    [`info_hash=${hash.slice(3)}&peer_id=${hash}&port=1`, "info_hash must be 20 bytes"],
    [`info_hash=${hash}&peer_id=${hash}&port=0`, "port must be from 1 to 65535"],
    ["", "info_hash is missing"],
  ])("answers a bad announce (%s) with a failure reason", async (badQuery, reason) => {
    const { port } = await start();
    const reply = await exchange(port, get(`/announce?${badQuery}`, "Connection: close"));
    expect(reply).toMatch(/^HTTP\/1.1 200 OK/);
    expect(failureOf(reply)).toBe(reason);
  });

  it("bounds numwant, whatever is asked for", async () => {
    const { port } = await start();
    const announces = Array.from({ length: 250 }, (_, i) => announce(i + 1)).join("");
    for (const [numWant, expected] of [
      ["-1", 50],
      ["1000000000", 200],
      ["0", 0],
      ["7", 7],
    ] as const) {
      const last = get(`/announce?${query}&numwant=${numWant}`, "Connection: close");
      const body = bodiesOf(await exchange(port, announces + last)).at(-1) ?? "";
      expect(parseAnnounceResponse(Buffer.from(body, "latin1")).peers).toHaveLength(expected);
    }
  });

  it.each([
    ["a giant URL", `GET /announce?x=${"a".repeat(10_000)}`, 431, "the request is too long"],
    [
      "endless headers",
      `${get("/announce?x").slice(0, -2)}${"X-A: b\r\n".repeat(2000)}`,
      431,
      "the request is too long",
    ],
    [
      "a body",
      `${get("/announce?x", "Content-Length: 3")}abc`,
      400,
      "this is not a request that a tracker answers",
    ],
    ["no HTTP", "GET /announce?x\r\n\r\n", 400, "this is not a request that a tracker answers"],
  ])("refuses %s and closes", async (_name, request, status, reason) => {
    const { port } = await start();
    const reply = await exchange(port, request);
    expect(reply).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(failureOf(reply)).toBe(reason);
  });

  it.each([
    ["an announce", "GET /announce?info_ha"],
    ["an API request", "GET /api/hello HTTP/1.1\r\nHost:"],
    ["nothing", ""],
  ])("closes a connection that drips %s", async (_name, text) => {
    const { port } = await start({ idleMs: 100 });
    const socket = await open(port);
    socket.write(text);
    const drip = setInterval(() => socket.write(text === "" ? "" : "a"), 20);
    await readAll(socket);
    clearInterval(drip);
  });

  it("stops reading from a client that does not read, and closes it", async () => {
    const { port, store } = await start({ idleMs: 200 });
    const socket = await open(port);
    const end = closed(socket);
    const many = announce(1).repeat(500);
    const send = () => {
      while (!socket.destroyed && socket.write(many));
    };
    socket.on("drain", send);
    send();
    socket.pause();
    await end;
    expect(store.totals.torrents).toBe(1);
  });

  it("closes connections beyond its bound", async () => {
    const { port } = await start({ maxConnections: 2 });
    await open(port);
    await open(port);
    const third = connect(port, "127.0.0.1").on("error", () => undefined);
    await closed(third);
  });

  it("closes with its connections", async () => {
    const { port, server } = await start();
    const idle = await open(port);
    const half = await open(port);
    half.write("GET /api/hello HTTP/1.1\r\n");
    const ends = [closed(idle), closed(half)];
    idle.resume();
    await server.close(50);
    await Promise.all(ends);
  });
});
