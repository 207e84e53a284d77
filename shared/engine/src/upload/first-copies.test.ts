import { Bitfield } from "@swarmlab/wire/bitfield";
import { expect, it } from "vitest";
import { PieceGeometry } from "../download/piece-geometry.js";
import { SeededRandom } from "../random/seeded-random.js";
import { VirtualClock } from "../simulation/virtual-clock.js";
import { FirstCopies } from "./first-copies.js";

const PIECES = 8;
const PIECE_LENGTH = 256 * 1024;

function newcomer() {
  const shown: number[] = [];
  return {
    shown,
    pieces: new Bitfield(PIECES),
    uploadRate: 0,
    sendHave: (index: number) => void shown.push(index),
  };
}

function spreading(clock: VirtualClock) {
  const geometry = new PieceGeometry({
    pieceCount: PIECES,
    pieceLength: PIECE_LENGTH,
    totalBytes: PIECES * PIECE_LENGTH,
  });
  return new FirstCopies<ReturnType<typeof newcomer>>(geometry, clock, new SeededRandom("first copies"));
}

it("shows the next piece when the last was asked for to its end", () => {
  const firstCopies = spreading(new VirtualClock());
  const peer = newcomer();
  firstCopies.viewOf(peer);
  firstCopies.showMore(peer);
  firstCopies.showMore(peer);
  expect(peer.shown).toHaveLength(1);
  firstCopies.onRequest(peer, peer.shown[0] ?? -1, 16_384);
  expect(peer.shown).toHaveLength(1);
  firstCopies.onRequest(peer, peer.shown[0] ?? -1, PIECE_LENGTH);
  expect(peer.shown).toHaveLength(2);
});

it("shows something else to a peer that does not want what it was shown", async () => {
  const clock = new VirtualClock();
  const firstCopies = spreading(clock);
  const peer = newcomer();
  firstCopies.viewOf(peer);
  firstCopies.showMore(peer);
  await clock.run(15_000);
  firstCopies.showMore(peer);
  expect(peer.shown).toHaveLength(1);
  await clock.run(15_001);
  firstCopies.showMore(peer);
  expect(peer.shown).toHaveLength(2);
});

it("shows everything in the end, and nothing twice", () => {
  const firstCopies = spreading(new VirtualClock());
  const peer = newcomer();
  firstCopies.viewOf(peer);
  firstCopies.showMore(peer);
  firstCopies.showAll();
  expect([...peer.shown].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});
