import fc from "fast-check";
import { expect, it } from "vitest";
import { type BlockRequest, MAX_QUEUED_REQUESTS, UploadQueue } from "./upload-queue.js";

it("answers like a plain list, whatever is asked, cancelled and served", () => {
  const request = fc.record({ index: fc.nat(5), begin: fc.nat(5), length: fc.integer({ min: 1, max: 3 }) });
  const step = fc.record({ kind: fc.constantFrom("push", "push", "cancel", "shift"), request });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new UploadQueue();
      const expected: BlockRequest[] = [];
      for (const { kind, request } of steps) {
        if (kind === "push") {
          expect(queue.push(request.index, request.begin, request.length)).toBe(true);
          expected.push(request);
        } else if (kind === "shift") {
          expect(queue.shift()).toEqual(expected.shift());
        } else {
          const at = expected.findIndex(
            (r) => r.index === request.index && r.begin === request.begin && r.length === request.length,
          );
          expect(queue.cancel(request.index, request.begin, request.length)).toBe(at >= 0);
          if (at >= 0) expected.splice(at, 1);
        }
        expect(queue.nextLength).toBe(expected[0]?.length ?? 0);
      }
      expect(queue.drain()).toEqual(expected);
    }),
  );
});

it("is bounded, however much a peer asks for", () => {
  const queue = new UploadQueue();
  for (let i = 0; i < MAX_QUEUED_REQUESTS; i++) expect(queue.push(i, 0, 16_384)).toBe(true);
  expect(queue.push(0, 0, 16_384)).toBe(false);
  expect(queue.size).toBe(MAX_QUEUED_REQUESTS);
});
