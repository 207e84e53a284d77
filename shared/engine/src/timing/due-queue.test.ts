import fc from "fast-check";
import { expect, it } from "vitest";
import { DueQueue } from "./due-queue.js";

it("a DueQueue gives values by time, and those of one time in the order they came", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20 })),
      fc.integer({ min: 0, max: 20 }),
      (times, nowMs) => {
        const queue = new DueQueue<number>();
        for (const [index, dueMs] of times.entries()) queue.push(dueMs, index);
        const due = times.map((dueMs, index) => ({ dueMs, index })).filter(({ dueMs }) => dueMs <= nowMs);
        due.sort((a, b) => a.dueMs - b.dueMs);
        expect(queue.nextDueMs).toBe(times.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...times));
        expect(due.map(() => queue.popDue(nowMs))).toEqual(due.map(({ index }) => index));
        expect(queue.popDue(nowMs)).toBeUndefined();
        expect(queue.size).toBe(times.length - due.length);
      },
    ),
  );
});
