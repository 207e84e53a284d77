import { describe, expect, it } from "vitest";
import { RequestWindow } from "./request-window.js";

/** Blocks of 16 KiB through a pipe of so many blocks per second and so long a round trip, for a while. */
function windowAfter(seconds: number, blocksPerSecond: number, roundTripMs: number): RequestWindow {
  const window = new RequestWindow();
  const arrivals: { atMs: number; sentAtMs: number }[] = [];
  let nowMs = 0;
  let pipeFreeAtMs = 0;
  while (nowMs < seconds * 1000) {
    while (arrivals.length < window.blocks) {
      pipeFreeAtMs = Math.max(pipeFreeAtMs, nowMs) + 1000 / blocksPerSecond;
      arrivals.push({ sentAtMs: nowMs, atMs: pipeFreeAtMs + roundTripMs });
    }
    const next = arrivals.shift();
    if (next === undefined) break;
    nowMs = next.atMs;
    window.onBlock(nowMs - next.sentAtMs);
  }
  return window;
}

describe("RequestWindow", () => {
  it("grows to hold the bandwidth-delay product of a long fat path", () => {
    // 50 Mbit/s at 200 ms: 381 blocks a second, 76 in flight.
    const window = windowAfter(10, 381, 200);
    expect(window.blocks).toBeGreaterThan(90);
    expect(window.blocks).toBeLessThan(381);
  });

  it("keeps a slow peer's queue short", () => {
    // 1 Mbit/s at 20 ms: 7.6 blocks a second.
    const window = windowAfter(20, 7.6, 20);
    expect(window.blocks).toBeGreaterThanOrEqual(2);
    expect(window.blocks).toBeLessThanOrEqual(6);
  });

  it("asks a snubbing peer for one block at a time until it sends again", () => {
    const window = new RequestWindow();
    window.snub();
    expect(window.blocks).toBe(1);
    window.onBlock(10);
    expect(window.blocks).toBeGreaterThan(1);
  });

  it("never asks for more than the peer queues", () => {
    const window = new RequestWindow();
    window.limitTo(20);
    for (let i = 0; i < 100; i++) window.onBlock(1);
    expect(window.blocks).toBe(20);
  });
});
