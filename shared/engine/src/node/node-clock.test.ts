import { describe, expect, it } from "vitest";
import { NodeClock } from "./node-clock.js";

const clock = new NodeClock();

describe("NodeClock", () => {
  it("calls back after the delay", async () => {
    const start = clock.nowMs();
    await new Promise<void>((resolve) => clock.setTimer(20, resolve));
    expect(clock.nowMs() - start).toBeGreaterThanOrEqual(19);
  });

  it("does not call back once cancelled", async () => {
    const called: number[] = [];
    for (const delayMs of [0, 5]) clock.setTimer(delayMs, () => called.push(delayMs)).cancel();
    await new Promise<void>((resolve) => clock.setTimer(15, resolve));
    expect(called).toEqual([]);
  });

  it("does not take a delay of 30 days for none", async () => {
    let called = false;
    const timer = clock.setTimer(30 * 86_400_000, () => {
      called = true;
    });
    await new Promise<void>((resolve) => clock.setTimer(15, resolve));
    timer.cancel();
    expect(called).toBe(false);
  });
});
