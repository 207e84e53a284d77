import { describe, expect, it } from "vitest";
import { VirtualClock } from "./virtual-clock.js";

describe("VirtualClock", () => {
  it("calls timers by time, and those of one instant in order, at exactly their time", async () => {
    const clock = new VirtualClock();
    const calls: [string, number][] = [];
    const call = (name: string) => () => calls.push([name, clock.nowMs()]);
    clock.setTimer(2.5, call("c"));
    clock.setTimer(1, call("a"));
    clock.setTimer(1, call("b"));
    clock.setTimer(1, call("cancelled")).cancel();
    clock.setTimer(11, call("later"));
    await clock.run(10);
    expect(calls).toEqual([
      ["a", 1],
      ["b", 1],
      ["c", 2.5],
    ]);
    expect(clock.nowMs()).toBe(10);
  });

  it("lets chains of promises end before the next timer", async () => {
    const clock = new VirtualClock();
    const calls: string[] = [];
    clock.setTimer(1, async () => {
      for (let i = 0; i < 100; i++) await undefined;
      calls.push("promise");
      clock.setTimer(0, () => calls.push("set by it"));
    });
    clock.setTimer(2, () => calls.push("next"));
    await clock.run(2);
    expect(calls).toEqual(["promise", "set by it", "next"]);
  });

  it("runs a day of seconds until something holds", async () => {
    const clock = new VirtualClock();
    let seconds = 0;
    const tick = () => {
      seconds++;
      clock.setTimer(1000, tick);
    };
    clock.setTimer(1000, tick);
    await clock.runUntil(() => seconds === 3600);
    expect(clock.nowMs()).toBe(3_600_000);
  });

  it("says so when nothing can happen any more, or not in time", async () => {
    const clock = new VirtualClock();
    await expect(clock.runUntil(() => false)).rejects.toThrow("nothing more happens after 0 ms");
    clock.setTimer(100, () => {});
    await expect(clock.runUntil(() => false, 50)).rejects.toThrow("limit 50 ms");
  });
});
