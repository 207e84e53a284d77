import { describe, expect, it } from "vitest";
import { TimerPunctuality } from "./timer-punctuality.js";

describe("TimerPunctuality", () => {
  it("sets timers earlier by what they were late before, up to a millisecond", () => {
    const punctuality = new TimerPunctuality();
    expect(punctuality.correctedMs(20)).toBe(20);
    punctuality.onTimer(20, 100, 100.25);
    punctuality.onTimer(20, 120, 120.25);
    expect(punctuality.correctedMs(20)).toBe(19.5);
    punctuality.onTimer(20, 140, 180);
    expect(punctuality.correctedMs(20)).toBe(19);
    punctuality.onTimer(20, 200, 199.5);
    expect(punctuality.correctedMs(20)).toBe(19.5);
  });

  it("leaves short waits alone", () => {
    const punctuality = new TimerPunctuality();
    punctuality.onTimer(1, 100, 101);
    expect(punctuality.correctedMs(20)).toBe(20);
    expect(punctuality.correctedMs(1)).toBe(1);
  });

  it("takes bytes that are read after a stall for ones that came during it", () => {
    const punctuality = new TimerPunctuality();
    punctuality.onTimer(1, 100, 101.5);
    expect(punctuality.availableSinceMs(102)).toBe(102);
    punctuality.onTimer(1, 110, 140);
    expect(punctuality.availableSinceMs(145)).toBe(110);
    // Still in its aftermath, held up again.
    punctuality.onTimer(1, 150, 155);
    expect(punctuality.availableSinceMs(165)).toBe(110);
    expect(punctuality.availableSinceMs(171)).toBe(171);
    punctuality.onTimer(1, 200, 1000);
    expect(punctuality.availableSinceMs(1001)).toBe(751);
  });
});
