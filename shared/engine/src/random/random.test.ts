import { describe, expect, it } from "vitest";
import { randomFraction } from "../ports/random.js";
import { SeededRandom } from "./seeded-random.js";
import { SystemRandom } from "./system-random.js";

describe("SeededRandom", () => {
  const sequence = (seed: string | number) => {
    const random = new SeededRandom(seed);
    return Array.from({ length: 5 }, () => random.nextUint32());
  };

  it("gives the same numbers for the same seed on every machine", () => {
    expect(sequence("example")).toEqual([223756767, 4099148835, 4149615354, 1638134957, 1862211652]);
  });

  it("gives others for a neighbouring seed", () => {
    expect(sequence(1)).not.toEqual(sequence(2));
    expect(sequence("run-1/peer-3")).not.toEqual(sequence("run-1/peer-4"));
  });
});

describe.each([
  ["SeededRandom", new SeededRandom(1)],
  ["SystemRandom", new SystemRandom()],
])("%s", (_name, random) => {
  it("is uniform: mean and variance of a fraction are 1/2 and 1/12", () => {
    const count = 20_000;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < count; i++) {
      const fraction = randomFraction(random);
      if (fraction < 0 || fraction >= 1) throw new Error(`${fraction} is no fraction`);
      sum += fraction;
      squares += (fraction - 0.5) ** 2;
    }
    // Seven standard errors.
    expect(Math.abs(sum / count - 1 / 2)).toBeLessThan(0.0143);
    expect(Math.abs(squares / count - 1 / 12)).toBeLessThan(0.0037);
  });
});
