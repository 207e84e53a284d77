import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { severalAtATime } from "./several-at-a-time.js";

describe("work on several items at a time", () => {
  it("never has more under way than it may, and gives the results in order", async () => {
    let underWay = 0;
    let most = 0;
    const results = await severalAtATime(3, [5, 1, 4, 2, 3, 0, 6], async (turns) => {
      most = Math.max(most, ++underWay);
      for (let done = 0; done < turns; done++) await turn();
      underWay--;
      return turns * 10;
    });
    expect(results).toEqual([50, 10, 40, 20, 30, 0, 60]);
    expect(most).toBe(3);
  });

  it("fails with the first failure", async () => {
    const work = severalAtATime(2, [1, 2, 3], async (item) => {
      if (item === 2) throw new Error("two is too many");
    });
    await expect(work).rejects.toThrow("two is too many");
  });
});
