import { Bitfield } from "@swarmlab/wire/bitfield";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../random/seeded-random.js";
import { PiecePicker } from "./piece-picker.js";

function bitfield(length: number, pieces: readonly number[]): Bitfield {
  const bits = new Bitfield(length);
  for (const piece of pieces) bits.set(piece);
  return bits;
}

const all = (length: number) =>
  bitfield(
    length,
    Array.from({ length }, (_, i) => i),
  );

describe("PiecePicker", () => {
  it("picks the piece that the fewest peers have", () => {
    const picker = new PiecePicker(4, new Bitfield(4), new SeededRandom("rarest"));
    picker.addPeer(bitfield(4, [0, 1, 2, 3]));
    picker.addPeer(bitfield(4, [0, 1, 3]));
    picker.addPeer(bitfield(4, [0, 3]));
    expect(picker.pickRarest(all(4))).toBe(2);
    picker.removePickable(2);
    expect(picker.pickRarest(all(4))).toBe(1);
    expect(picker.pickRarest(bitfield(4, [0]))).toBe(0);
    expect(picker.pickRarest(bitfield(4, [2]))).toBe(-1);
  });

  it("breaks ties at random, so that peers do not all begin with the same piece", () => {
    const firsts = new Set<number>();
    for (let seed = 0; seed < 40; seed++) {
      const picker = new PiecePicker(16, new Bitfield(16), new SeededRandom(`tie ${seed}`));
      picker.addPeer(all(16));
      firsts.add(picker.pickRarest(all(16)));
    }
    expect(firsts.size).toBeGreaterThan(8);
  });

  it("never offers a piece that is held", () => {
    const picker = new PiecePicker(3, bitfield(3, [0, 2]), new SeededRandom("held"));
    picker.addSeed();
    expect(picker.pickable).toBe(1);
    expect(picker.pickRandom(all(3))).toBe(1);
    expect(picker.availability(1)).toBe(1);
  });

  it("keeps its order true to the availabilities through any history", () => {
    const step = fc.record({
      kind: fc.constantFrom("join", "leave", "have", "start", "free"),
      piece: fc.nat(11),
      pieces: fc.uniqueArray(fc.nat(11)),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.string(), (steps, seed) => {
        const picker = new PiecePicker(12, new Bitfield(12), new SeededRandom(seed));
        const peers: Bitfield[] = [];
        const started = new Set<number>();
        for (const { kind, piece, pieces } of steps) {
          const last = peers.at(-1);
          if (kind === "join") {
            peers.push(bitfield(12, pieces));
            picker.addPeer(bitfield(12, pieces));
          } else if (kind === "leave" && last !== undefined) {
            picker.removePeer(last);
            peers.pop();
          } else if (kind === "have" && last !== undefined && !last.has(piece)) {
            last.set(piece);
            picker.increment(piece);
          } else if (kind === "start") {
            picker.removePickable(piece);
            started.add(piece);
          } else if (kind === "free") {
            picker.makePickable(piece);
            started.delete(piece);
          }
        }
        const availability = (piece: number) => peers.filter((peer) => peer.has(piece)).length;
        const expected = [...Array(12).keys()].filter((piece) => !started.has(piece));
        const picked: number[] = [];
        for (let piece = picker.pickRarest(all(12)); piece >= 0; piece = picker.pickRarest(all(12))) {
          expect(picker.availability(piece)).toBe(availability(piece));
          picked.push(piece);
          picker.removePickable(piece);
        }
        expect([...picked].sort((a, b) => a - b)).toEqual(expected);
        expect(picked.map(availability)).toEqual(picked.map(availability).sort((a, b) => a - b));
      }),
    );
  });
});
