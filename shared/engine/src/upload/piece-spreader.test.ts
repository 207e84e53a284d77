import { describe, expect, it } from "vitest";
import { SeededRandom } from "../random/seeded-random.js";
import { PieceSpreader } from "./piece-spreader.js";

const nothing = () => false;

describe("PieceSpreader", () => {
  it("assigns every piece to one peer and none twice", () => {
    const spreader = new PieceSpreader<object>(6, new SeededRandom("spread"));
    const [a, b] = [{ a: 1 }, { b: 1 }];
    const assigned: number[] = [];
    for (let i = 0; i < 6; i++) assigned.push(spreader.assign(i % 2 === 0 ? a : b, nothing, 0));
    expect([...assigned].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(spreader.assign(a, nothing, 0)).toBe(-1);
  });

  it("is done when every piece was seen at a peer", () => {
    const spreader = new PieceSpreader<object>(2, new SeededRandom("done"));
    spreader.onPeerHas(0, 0);
    spreader.onPeerHas(0, 0);
    expect(spreader.isDone).toBe(false);
    spreader.onPeerHas(1, 0);
    expect(spreader.isDone).toBe(true);
  });

  it("assigns again what a peer takes away with it", () => {
    const spreader = new PieceSpreader<object>(1, new SeededRandom("gone"));
    const [a, b] = [{ a: 1 }, { b: 1 }];
    expect(spreader.assign(a, nothing, 0)).toBe(0);
    expect(spreader.assign(b, nothing, 0)).toBe(-1);
    spreader.onPeerGone(a);
    expect(spreader.assign(b, nothing, 0)).toBe(0);
  });

  it("lets another peer fetch a piece that is stuck at a slow one", () => {
    const spreader = new PieceSpreader<object>(1, new SeededRandom("stuck"));
    const [a, b] = [{ a: 1 }, { b: 1 }];
    spreader.assign(a, nothing, 0);
    expect(spreader.assign(b, nothing, 14_999)).toBe(-1);
    expect(spreader.assign(a, nothing, 15_000)).toBe(-1);
    expect(spreader.assign(b, nothing, 15_000)).toBe(0);
  });

  it("waits less when other pieces are quick", () => {
    const spreader = new PieceSpreader<object>(2, new SeededRandom("quick"));
    const [a, b] = [{ a: 1 }, { b: 1 }];
    const quick = spreader.assign(a, nothing, 0);
    const stuck = spreader.assign(a, nothing, 0);
    spreader.onPeerHas(quick, 1_000);
    expect(spreader.assign(b, nothing, 2_499)).toBe(-1);
    expect(spreader.assign(b, nothing, 2_500)).toBe(stuck);
  });
});
