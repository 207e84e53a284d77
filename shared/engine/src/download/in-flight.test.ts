import fc from "fast-check";
import { expect, it } from "vitest";
import { InFlight } from "./in-flight.js";

it("answers like a plain list, whatever is pushed and removed", () => {
  const step = fc.record({ push: fc.boolean(), key: fc.nat(30) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const inFlight = new InFlight();
      let expected: { key: number; at: number }[] = [];
      steps.forEach(({ push, key }, at) => {
        const known = expected.find((entry) => entry.key === key);
        if (push && known === undefined) {
          inFlight.push(key, at);
          expected.push({ key, at });
        } else if (!push) {
          expect(inFlight.remove(key)).toBe(known?.at ?? -1);
          expected = expected.filter((entry) => entry !== known);
        }
        expect(inFlight.size).toBe(expected.length);
        expect(inFlight.has(key)).toBe(expected.some((entry) => entry.key === key));
        expect(inFlight.oldestSentAtMs).toBe(expected[0]?.at);
      });
      expect(inFlight.drain()).toEqual(expected.map((entry) => entry.key));
      expect(inFlight.size).toBe(0);
    }),
  );
});
