import { createHash } from "node:crypto";
import { Bitfield } from "@swarmlab/wire/bitfield";
import { beforeEach, describe, expect, it } from "vitest";
import { SeededRandom } from "../random/seeded-random.js";
import type { DownloadPeer } from "./download-peer.js";
import { Downloader } from "./downloader.js";
import { InFlight } from "./in-flight.js";
import type { PieceDownload } from "./piece-download.js";
import { BLOCK_BYTES, PieceGeometry } from "./piece-geometry.js";
import { PiecePicker } from "./piece-picker.js";
import { RequestWindow } from "./request-window.js";

const BLOCKS_PER_PIECE = 4;
const PIECE_LENGTH = BLOCKS_PER_PIECE * BLOCK_BYTES;
const PIECES = 3;
const content = Buffer.alloc(PIECES * PIECE_LENGTH, "the content of an example");
const sha1 = (bytes: Uint8Array) => createHash("sha1").update(bytes).digest("hex");

interface Asked {
  index: number;
  begin: number;
  length: number;
}

/** A peer that has everything, remembers what it is asked, and answers when told to. */
class ScriptedPeer implements DownloadPeer {
  readonly pieces = new Bitfield(PIECES);
  readonly window = new RequestWindow();
  readonly inFlight = new InFlight();
  readonly allowedFast = new Set<number>();
  readonly answersCancels = false;
  readonly asked: Asked[] = [];
  readonly cancelled: Asked[] = [];
  readonly bans: string[] = [];
  isChokingUs = false;
  currentPiece: PieceDownload | undefined;
  receivingPiece: PieceDownload | undefined;
  rejects = 0;
  heldUntilMs = 0;

  constructor() {
    for (let index = 0; index < PIECES; index++) this.pieces.set(index);
  }
  request(index: number, begin: number, length: number): void {
    this.asked.push({ index, begin, length });
  }
  cancel(index: number, begin: number, length: number): void {
    this.cancelled.push({ index, begin, length });
  }
  ban(reason: string): void {
    this.bans.push(reason);
  }
}

describe("Downloader", () => {
  let downloader: Downloader;
  let have: Bitfield;
  let picker: PiecePicker;
  let peers: ScriptedPeer[];
  let outcomes: (() => void)[];

  beforeEach(() => {
    have = new Bitfield(PIECES);
    picker = new PiecePicker(PIECES, have, new SeededRandom("downloader"));
    outcomes = [];
    peers = [];
    downloader = new Downloader({
      geometry: new PieceGeometry({
        pieceCount: PIECES,
        pieceLength: PIECE_LENGTH,
        totalBytes: content.length,
      }),
      have,
      picker,
      clock: { nowMs: () => 0, setTimer: () => ({ cancel: () => {} }) },
      store: {
        isCongested: false,
        acquirePieceBuffer: () => new Uint8Array(PIECE_LENGTH),
        releasePieceBuffer: () => {},
        commitPiece: async (index, buffer) => {
          const wanted = content.subarray(index * PIECE_LENGTH, (index + 1) * PIECE_LENGTH);
          return sha1(buffer) === sha1(wanted) ? "verified" : "mismatch";
        },
      },
      events: {
        onPieceVerified: (index) => {
          have.set(index);
          outcomes.shift()?.();
        },
        onPieceFailed: () => outcomes.shift()?.(),
        onBlocksFreed: () => {},
        onBlockLatency: () => {},
        onStoreError: (error) => expect.unreachable(String(error)),
      },
    });
  });

  function join(): ScriptedPeer {
    const peer = new ScriptedPeer();
    peers.push(peer);
    downloader.peers.add(peer);
    picker.addSeed();
    return peer;
  }

  /** The next piece to be verified, or to fail. */
  function outcome(): Promise<void> {
    return new Promise((resolve) => outcomes.push(resolve));
  }

  function send(peer: ScriptedPeer, asked: Asked, isBad = false): void {
    const scratch = new Uint8Array(BLOCK_BYTES);
    let usesScratch = false;
    const target = downloader.startBlock(peer, asked.index, asked.begin, asked.length, () => {
      usesScratch = true;
      return scratch;
    });
    if (target === undefined) return;
    const from = asked.index * PIECE_LENGTH + asked.begin;
    target.set(content.subarray(from, from + asked.length));
    if (isBad) target[0] = (target[0] ?? 0) ^ 1;
    downloader.finishBlock(peer, asked.index, asked.begin, asked.length, usesScratch ? scratch : undefined);
  }

  it("asks for all blocks of one piece before it begins another", () => {
    const peer = join();
    downloader.fill(peer);
    expect(peer.asked).toHaveLength(8);
    const [first, fifth] = [peer.asked[0]?.index, peer.asked[4]?.index];
    expect(peer.asked.slice(0, 4).map((a) => a.index)).toEqual([first, first, first, first]);
    expect(fifth).not.toBe(first);
  });

  it("does not accept what it did not ask for", () => {
    const peer = join();
    expect(downloader.startBlock(peer, 0, 0, BLOCK_BYTES, () => new Uint8Array(BLOCK_BYTES))).toBeUndefined();
    downloader.fill(peer);
    const [asked] = peer.asked as [Asked];
    const scratch = () => new Uint8Array(BLOCK_BYTES);
    expect(downloader.startBlock(peer, asked.index, asked.begin + 1, asked.length, scratch)).toBeUndefined();
    expect(downloader.startBlock(peer, asked.index, asked.begin, asked.length - 1, scratch)).toBeUndefined();
    expect(downloader.startBlock(peer, 99, 0, BLOCK_BYTES, scratch)).toBeUndefined();
  });

  it("gives a choked peer's requests to others", () => {
    const [slow, quick] = [join(), join()];
    downloader.fill(slow);
    slow.isChokingUs = true;
    downloader.releaseAll(slow);
    quick.window.limitTo(500);
    for (let i = 0; i < 3; i++) downloader.fill(quick);
    expect(quick.asked[0]).toBeDefined();
    expect(slow.inFlight.size).toBe(0);
  });

  it("asks twice for a block only at the very end, and cancels the other request", async () => {
    const [slow, quick] = [join(), join()];
    downloader.fill(slow);
    downloader.fill(quick);
    expect(slow.asked).toHaveLength(8);
    expect(quick.asked).toHaveLength(4);
    const last = outcome();
    for (const asked of quick.asked.slice()) send(quick, asked);
    await last;
    downloader.fill(quick);
    expect(quick.asked).toHaveLength(5);
    const again = quick.asked[4] as Asked;
    expect(slow.asked).toContainEqual(again);
    send(quick, again);
    expect(slow.cancelled).toEqual([again]);
  });

  it("bans the only sender of a piece with a wrong hash", async () => {
    const peer = join();
    downloader.fill(peer);
    const failed = outcome();
    for (const asked of peer.asked.slice(0, 4)) send(peer, asked, true);
    await failed;
    expect(peer.bans).toHaveLength(1);
  });

  it("finds the one polluter among several senders, and bans nobody else", async () => {
    const [honest, polluter, third] = [join(), join(), join()];
    honest.window.limitTo(3);
    downloader.fill(honest);
    polluter.window.limitTo(1);
    downloader.fill(polluter);
    const piece = honest.asked[0]?.index ?? -1;
    expect(polluter.asked[0]?.index).toBe(piece);
    const failed = outcome();
    for (const asked of honest.asked.slice()) send(honest, asked);
    send(polluter, polluter.asked[0] as Asked, true);
    await failed;
    expect(peers.flatMap((peer) => peer.bans)).toEqual([]);
    const verified = outcome();
    for (let guard = 0; guard < 10 && !third.asked.some((a) => a.index === piece); guard++) {
      third.window.onBlock(1);
      downloader.fill(third);
    }
    for (const asked of third.asked.filter((a) => a.index === piece)) send(third, asked);
    await verified;
    expect(polluter.bans).toHaveLength(1);
    expect([...honest.bans, ...third.bans]).toEqual([]);
  });

  /** Lets a piece fail with blocks of two peers, so that it is then fetched from one peer alone. */
  async function failWithTwoSenders(): Promise<{ piece: number; honest: ScriptedPeer; other: ScriptedPeer }> {
    const [honest, other] = [join(), join()];
    honest.window.limitTo(3);
    downloader.fill(honest);
    other.window.limitTo(1);
    downloader.fill(other);
    const failed = outcome();
    for (const asked of honest.asked.slice()) send(honest, asked);
    send(other, other.asked[0] as Asked, true);
    await failed;
    return { piece: honest.asked[0]?.index ?? -1, honest, other };
  }

  /** Asks `peer` until it has been asked for the whole piece. */
  function askFor(peer: ScriptedPeer, piece: number): Asked[] {
    for (let guard = 0; guard < 10; guard++) {
      peer.window.onBlock(1);
      downloader.fill(peer);
    }
    return peer.asked.filter((asked) => asked.index === piece);
  }

  it("fetches a suspect piece from somebody else when its only source leaves half-way", async () => {
    const { piece } = await failWithTwoSenders();
    const [leaving, staying] = [join(), join()];
    const [first] = askFor(leaving, piece);
    send(leaving, first as Asked);
    downloader.releaseAll(leaving);
    downloader.peers.delete(leaving);
    const verified = outcome();
    const asked = askFor(staying, piece);
    expect(asked).toHaveLength(BLOCKS_PER_PIECE);
    for (const one of asked) send(staying, one);
    await verified;
    expect(have.has(piece)).toBe(true);
  });

  it("takes no block of an attempt that has failed for the next one", async () => {
    const [slow, quick] = [join(), join()];
    downloader.fill(slow);
    const first = slow.asked[0] as Asked;
    const scratch = () => new Uint8Array(BLOCK_BYTES);
    expect(downloader.startBlock(slow, first.index, first.begin, first.length, scratch)).toBeDefined();
    downloader.releaseAll(slow);
    for (let i = 0; i < 3; i++) downloader.fill(quick);
    downloader.finishBlock(slow, first.index, first.begin, first.length);
    const again = quick.asked.filter((a) => a.index === first.index);
    const verified = outcome();
    for (const asked of again) send(quick, asked);
    await verified;
    expect(have.has(first.index)).toBe(true);
    expect(downloader.wastedBytes).toBe(BLOCK_BYTES);
  });

  it("leaves a peer alone for a while that rejects all it is asked for", () => {
    const peer = join();
    downloader.fill(peer);
    for (let i = 0; i < 40; i++) {
      const asked = peer.asked.at(-1) as Asked;
      downloader.onReject(peer, asked.index, asked.begin, asked.length);
      downloader.fill(peer);
    }
    expect(peer.heldUntilMs).toBeGreaterThan(0);
    expect(peer.asked.length).toBeLessThan(60);
  });
});
