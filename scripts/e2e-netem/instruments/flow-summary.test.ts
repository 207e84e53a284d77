import { describe, expect, it } from "vitest";
import { summarise } from "./flow-summary.js";

function arrivals(...sequences: readonly number[]) {
  return sequences.map((sequence) => ({ sequence, delayMs: 1 }));
}

describe("a summary of numbered packets", () => {
  it("finds nothing wrong where all arrive in order", () => {
    expect(summarise(arrivals(0, 1, 2, 3), 4)).toEqual({
      lost: 0,
      duplicates: 0,
      overtaking: 0,
      lossRuns: [],
    });
  });

  it("counts what is lost, and in what runs, at both ends too", () => {
    expect(summarise(arrivals(1, 2, 5, 6), 9)).toMatchObject({ lost: 5, lossRuns: [1, 2, 2] });
    expect(summarise([], 3)).toMatchObject({ lost: 3, lossRuns: [3] });
  });

  it("counts what comes twice once", () => {
    expect(summarise(arrivals(0, 1, 1, 2, 1), 3)).toMatchObject({ lost: 0, duplicates: 2, overtaking: 0 });
  });

  it("counts who overtakes, not who is overtaken", () => {
    expect(summarise(arrivals(0, 5, 1, 2, 3, 4, 6), 7)).toMatchObject({ overtaking: 1, lost: 0 });
    expect(summarise(arrivals(3, 2, 1, 0), 4)).toMatchObject({ overtaking: 3 });
  });
});
