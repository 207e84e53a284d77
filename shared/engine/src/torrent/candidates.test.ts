import { describe, expect, it } from "vitest";
import { Candidates } from "./candidates.js";

const at = (port: number, host = "192.0.2.1") => ({ host, port });

describe("Candidates", () => {
  it("offers an address once until its connection is over", () => {
    const candidates = new Candidates();
    candidates.add(at(1), false);
    candidates.add(at(1), false);
    expect(candidates.take(10, 0)).toEqual([at(1)]);
    expect(candidates.take(10, 0)).toEqual([]);
    candidates.onClosed(at(1), 0, 5_000);
    expect(candidates.take(10, 4_999)).toEqual([]);
    expect(candidates.take(10, 5_000)).toEqual([at(1)]);
  });

  it("waits longer after each failure and forgets what a tracker named, but not what a person named", () => {
    const candidates = new Candidates();
    candidates.add(at(1), false);
    candidates.add(at(2), true);
    let nowMs = 0;
    const attempts: number[] = [];
    for (; nowMs < 1_000_000; nowMs += 500) {
      for (const address of candidates.take(10, nowMs)) {
        if (address.port === 1) attempts.push(nowMs);
        candidates.onFailure(address, nowMs);
      }
    }
    expect(attempts).toEqual([0, 2_000, 6_000, 14_000, 30_000, 62_000]);
    expect(candidates.size).toBe(1);
    expect(candidates.take(10, nowMs + 10_000)).toEqual([at(2)]);
  });

  it("keeps all ports of a banned host away, but on loopback the one port alone", () => {
    const candidates = new Candidates();
    candidates.ban(at(1));
    candidates.ban(at(1, "127.0.0.1"));
    expect(candidates.isBanned(at(2))).toBe(true);
    expect(candidates.isBanned(at(1, "127.0.0.1"))).toBe(true);
    expect(candidates.isBanned(at(2, "127.0.0.1"))).toBe(false);
  });

  it("does not dial itself again", () => {
    const candidates = new Candidates();
    candidates.add(at(1), false);
    candidates.onSelf(at(1));
    candidates.add(at(1), false);
    expect(candidates.take(10, 0)).toEqual([]);
  });
});
