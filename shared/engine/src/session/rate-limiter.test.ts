import { describe, expect, it } from "vitest";
import { VirtualClock } from "../simulation/virtual-clock.js";
import { RateLimiter } from "./rate-limiter.js";

const BLOCK = 16 * 1024;

/** Users that take one block after the other for as long as they may; returns how many each got. */
async function compete(limiter: RateLimiter, clock: VirtualClock, users: number, untilMs: number) {
  const taken = new Array<number>(users).fill(0);
  const pump = (user: number) => {
    while (clock.nowMs() < untilMs && limiter.tryTake(BLOCK)) taken[user] = (taken[user] ?? 0) + 1;
    if (clock.nowMs() < untilMs) limiter.whenAvailable(() => pump(user));
  };
  for (let user = 0; user < users; user++) pump(user);
  await clock.run(untilMs);
  limiter.close();
  return taken;
}

describe("RateLimiter", () => {
  it.each([1e6, 8e6, 1e9, 1e10])("lets %d bit/s through and no more", async (bitsPerSecond) => {
    const clock = new VirtualClock();
    const [blocks = 0] = await compete(new RateLimiter(clock, bitsPerSecond), clock, 1, 5_000);
    const rate = (blocks * BLOCK * 8) / 5;
    expect(rate / bitsPerSecond).toBeGreaterThan(0.97);
    expect(rate / bitsPerSecond).toBeLessThan(1.06);
  });

  it("gives all who wait the same share", async () => {
    const clock = new VirtualClock();
    const taken = await compete(new RateLimiter(clock, 20e6), clock, 4, 10_000);
    expect(Math.max(...taken) / Math.min(...taken)).toBeLessThan(1.1);
  });

  it("is overdrawn by what came unasked until that is paid for", async () => {
    const clock = new VirtualClock();
    const limiter = new RateLimiter(clock, 8e6);
    limiter.charge(1_100_000);
    expect(limiter.isOverdrawn).toBe(true);
    await clock.run(900);
    expect(limiter.isOverdrawn).toBe(true);
    await clock.run(1_001);
    expect(limiter.isOverdrawn).toBe(false);
  });

  it("lets everyone go when the limit is lifted", () => {
    const clock = new VirtualClock();
    const limiter = new RateLimiter(clock, 8_000);
    limiter.charge(10_000_000);
    let served = 0;
    for (let i = 0; i < 3; i++) limiter.whenAvailable(() => served++);
    limiter.limit(undefined);
    expect(served).toBe(3);
    expect(limiter.tryTake(1e9)).toBe(true);
  });
});
