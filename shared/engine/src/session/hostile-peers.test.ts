import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeHandshake, encodeReserved } from "@swarmlab/wire/handshake";
import * as messages from "@swarmlab/wire/messages";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NodeClock } from "../node/node-clock.js";
import { NodeDisk } from "../node/node-disk.js";
import { NodeNetwork } from "../node/node-network.js";
import { SeededRandom } from "../random/seeded-random.js";
import { type CreatedTorrent, createTorrent } from "../storage/create-torrent.js";
import { InlineHasher } from "../storage/inline-hasher.js";
import type { Torrent } from "../torrent/torrent.js";
import type { TorrentEvent } from "../torrent/torrent-events.js";
import { MAX_QUEUED_REQUESTS } from "../upload/upload-queue.js";
import { Session } from "./session.js";

const PIECE_LENGTH = 32 * 1024;

/** A peer that says whatever a test wants, over a real socket. */
class RawPeer {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  received = Buffer.alloc(0);

  constructor(port: number) {
    this.socket = connect({ host: "127.0.0.1", port });
    this.socket.on("data", (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
    });
    // A reset is one way of being cut off.
    this.socket.on("error", () => {});
    this.closed = new Promise((resolve) => this.socket.once("close", () => resolve()));
  }

  say(...parts: Uint8Array[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  handshake(infoHash: Uint8Array, name: string): void {
    const peerId = Buffer.from(`-XX0001-${name}`.padEnd(20, ".")).subarray(0, 20);
    this.say(
      encodeHandshake({ infoHash, peerId, reserved: encodeReserved({ fast: true, extensions: true }) }),
    );
  }
}

describe("A session among hostile peers", () => {
  const disk = new NodeDisk();
  let directory: string;
  let created: CreatedTorrent;
  let session: Session;
  let torrent: Torrent;
  let events: TorrentEvent[];
  const raw: RawPeer[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "swarmlab-hostile-"));
    await writeFile(join(directory, "example.bin"), Buffer.alloc(8 * PIECE_LENGTH, "example"));
    const hasher = new InlineHasher();
    created = await createTorrent({
      path: join(directory, "example.bin"),
      disk,
      hasher,
      pieceLengthBytes: PIECE_LENGTH,
    });
    session = await Session.open({
      network: new NodeNetwork(),
      clock: new NodeClock(),
      random: new SeededRandom("hostile"),
      disk,
      hasher,
      listen: { host: "127.0.0.1", port: 0 },
      uploadBitsPerSecond: 100_000,
    });
    events = [];
  });

  afterEach(async () => {
    for (const peer of raw.splice(0)) peer.socket.destroy();
    await session.close();
    await rm(directory, { recursive: true });
  });

  function seed(): void {
    const { info } = created.metainfo;
    const { directory, resumeState } = created;
    torrent = session.addTorrent({
      infoHash: info.infoHash,
      info,
      directory,
      mode: "seed",
      resumeState,
      spreadsFirstCopies: false,
      observe: (event) => events.push(event),
    });
  }

  function leech(): void {
    const { info } = created.metainfo;
    const target = join(directory, "leecher");
    torrent = session.addTorrent({
      infoHash: info.infoHash,
      info,
      directory: target,
      mode: "download",
      observe: (event) => events.push(event),
    });
  }

  async function joined(name: string): Promise<RawPeer> {
    await expect.poll(() => torrent.state).toMatch(/seeding|downloading/);
    const peer = new RawPeer(session.listenAddress.port);
    raw.push(peer);
    peer.handshake(created.metainfo.info.infoHash, name);
    await expect.poll(() => peer.received.length).toBeGreaterThanOrEqual(68);
    return peer;
  }

  it("hangs up on what is no handshake", async () => {
    seed();
    const peer = new RawPeer(session.listenAddress.port);
    raw.push(peer);
    peer.say(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    await peer.closed;
    expect(peer.received).toHaveLength(0);
  });

  it("hangs up on a torrent that it does not have", async () => {
    seed();
    const peer = new RawPeer(session.listenAddress.port);
    raw.push(peer);
    peer.handshake(Buffer.alloc(20, 7), "elsewhere");
    await peer.closed;
    expect(peer.received).toHaveLength(0);
  });

  it.each([
    ["a length of 4 GiB", Buffer.from("ffffffff00", "hex")],
    ["a length of 2 GiB that drips", Buffer.from("7fffffff07", "hex")],
    ["a have for a piece that is not", messages.encodeHave(8)],
    ["a bitfield of the wrong size", messages.encodeBitfield(new Uint8Array(9))],
    ["a request over the end of a piece", messages.encodeRequest(0, PIECE_LENGTH - 1, 16_384)],
    ["a request for a megabyte", messages.encodeRequest(0, 0, 1024 * 1024)],
    ["an extended handshake that is no dictionary", messages.encodeExtended(0, Buffer.from("le"))],
  ])("cuts off a peer that sends %s", async (_what, message) => {
    seed();
    const peer = await joined("rude");
    peer.say(message);
    await peer.closed;
    expect(torrent.stats().connectedPeers).toBe(0);
    expect(torrent.state).toBe("seeding");
  });

  it("bounds the requests that it queues for a peer", async () => {
    seed();
    const peer = await joined("greedy");
    peer.say(messages.encodeInterested());
    await expect.poll(() => torrent.peerStats()[0]?.isUnchoked).toBe(true);
    const request = messages.encodeRequest(0, 0, 16_384);
    for (let i = 0; i < 5; i++) peer.say(Buffer.concat(Array<Uint8Array>(1000).fill(request)));
    // The upload limit lets a few go out in the meantime.
    await expect.poll(() => torrent.peerStats()[0]?.requestsQueued).toBeGreaterThan(MAX_QUEUED_REQUESTS - 50);
    expect(torrent.peerStats()[0]?.requestsQueued).toBeLessThanOrEqual(MAX_QUEUED_REQUESTS);
  });

  it("bans a peer whose pieces have wrong hashes, and does not keep them", async () => {
    leech();
    const peer = await joined("polluter");
    peer.say(messages.encodeHaveAll(), messages.encodeUnchoke());
    await expect.poll(() => torrent.peerStats()[0]?.requestsOutstanding).toBeGreaterThanOrEqual(8);
    const bad = Buffer.alloc(16_384, "bad");
    for (let index = 0; index < 8; index++) {
      for (const begin of [0, 16_384]) peer.say(messages.encodePieceHeader(index, begin, bad.length), bad);
    }
    await peer.closed;
    expect(events).toContainEqual(expect.objectContaining({ type: "peer-banned" }));
    expect(torrent.stats().verifiedPieces).toBe(0);
  });

  it("wastes no memory on blocks that it did not ask for", async () => {
    leech();
    const peer = await joined("pusher");
    await expect.poll(() => torrent.state).toBe("downloading");
    const block = Buffer.alloc(16_384);
    peer.say(messages.encodePieceHeader(3, 0, block.length), block);
    await expect.poll(() => torrent.stats().wastedBytes).toBe(16_384);
    expect(torrent.stats().connectedPeers).toBe(1);
  });

  it("takes a second bitfield for what it is: some clients send one in place of many haves", async () => {
    leech();
    const peer = await joined("aria");
    peer.say(messages.encodeBitfield(Uint8Array.of(0b1000_0000)));
    await expect.poll(() => torrent.peerStats()[0]?.pieceCount).toBe(1);
    peer.say(messages.encodeBitfield(Uint8Array.of(0b1110_0000)));
    await expect.poll(() => torrent.peerStats()[0]?.pieceCount).toBe(3);
    peer.say(messages.encodeHaveAll());
    await expect.poll(() => torrent.peerStats()[0]?.isSeed).toBe(true);
    expect(torrent.stats().connectedPeers).toBe(1);
  });

  it("cuts off a peer that asks and asks and does not read the answers", async () => {
    seed();
    const peer = await joined("deaf");
    peer.socket.pause();
    // Choked, so that each request is answered by a reject of its size.
    const requests = Buffer.concat(Array<Uint8Array>(60_000).fill(messages.encodeRequest(0, 0, 16_384)));
    for (let i = 0; i < 12; i++) peer.say(requests);
    await expect.poll(() => torrent.stats().connectedPeers, { timeout: 10_000 }).toBe(0);
  });

  it("talks to one of two connections with the same peer id", async () => {
    seed();
    const first = await joined("twin");
    const second = new RawPeer(session.listenAddress.port);
    raw.push(second);
    second.handshake(created.metainfo.info.infoHash, "twin");
    await Promise.race([first.closed, second.closed]);
    await expect.poll(() => torrent.stats().connectedPeers).toBe(1);
  });
});
