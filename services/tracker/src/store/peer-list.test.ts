import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PeerList, type Role } from "./peer-list.js";

/** Numbers from 0 up, each as an address of its own. */
function addressOf(stride: number, number: number): Uint8Array {
  const address = new Uint8Array(stride);
  address[0] = number >> 8;
  address[stride - 1] = number & 0xff;
  return address;
}

function xorshift(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function pickAll(
  list: PeerList,
  stride: number,
  wanted: number,
  leechersOnly = false,
  except = -1,
): number[] {
  const target = new Uint8Array(wanted * stride);
  const count = list.pick(wanted, leechersOnly, except, xorshift(wanted + 7), target);
  return Array.from({ length: count }, (_, i) => {
    return ((target[i * stride] ?? 0) << 8) | (target[(i + 1) * stride - 1] ?? 0);
  });
}

type Step = {
  readonly kind: "put" | "remove";
  readonly number: number;
  readonly role: Role;
  readonly tick: number;
};

describe("PeerList", () => {
  it.each([6, 18])(
    "holds what a map of addresses of %d bytes would hold, whatever is done to it",
    (stride) => {
      const step: fc.Arbitrary<Step> = fc.record({
        kind: fc.constantFrom("put", "put", "put", "remove"),
        number: fc.nat(700),
        role: fc.constantFrom<Role>("seeder", "leecher"),
        tick: fc.nat(30),
      });
      fc.assert(
        fc.property(fc.array(step, { maxLength: 1500, size: "max" }), fc.nat(20), (steps, maxAge) => {
          const list = new PeerList(stride);
          const model = new Map<number, { role: Role; tick: number }>();
          for (const { kind, number, role, tick } of steps) {
            const address = addressOf(stride, number);
            const position = list.find(address);
            expect(position >= 0).toBe(model.has(number));
            if (position >= 0) {
              expect(list.roleAt(position)).toBe(model.get(number)?.role);
              list.removeAt(position);
              model.delete(number);
            }
            if (kind === "put") {
              expect(list.find(address)).toBe(-1);
              expect(list.add(address, role, tick)).toBe(list.find(address));
              model.set(number, { role, tick });
            }
          }
          list.expire(30, maxAge, () => undefined);
          for (const [number, { tick }] of model) if (30 - tick > maxAge) model.delete(number);
          const leechers = [...model].filter(([, peer]) => peer.role === "leecher").map(([number]) => number);
          expect(pickAll(list, stride, 700).sort()).toEqual([...model.keys()].sort());
          expect(pickAll(list, stride, 700, true).sort()).toEqual(leechers.sort());
          expect([list.leechers, list.seeders]).toEqual([leechers.length, model.size - leechers.length]);
        }),
        { numRuns: 60 },
      );
    },
  );

  it("picks nobody twice and never the one that asks", () => {
    const count = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(count, fc.nat(60), fc.nat(400), (size, wanted, except) => {
        const list = new PeerList(6);
        for (let i = 0; i < size; i++) list.add(addressOf(6, i), i % 3 === 0 ? "seeder" : "leecher", 0);
        const asker = except < size ? except : -1;
        const picked = pickAll(list, 6, wanted, false, list.find(addressOf(6, asker)));
        expect(new Set(picked).size).toBe(picked.length);
        expect(picked).not.toContain(asker);
        expect(picked).toHaveLength(Math.min(wanted, asker < 0 ? size : size - 1));
      }),
    );
  });

  it("picks all peers equally often", () => {
    const list = new PeerList(6);
    for (let i = 0; i < 90; i++) list.add(addressOf(6, i), "leecher", 0);
    const random = xorshift(12345);
    const target = new Uint8Array(10 * 6);
    const hits = new Array<number>(90).fill(0);
    const rounds = 9000;
    for (let round = 0; round < rounds; round++) {
      list.pick(10, false, -1, random, target);
      for (let i = 0; i < 10; i++) {
        const number = target[i * 6 + 5] ?? 0;
        hits[number] = (hits[number] ?? 0) + 1;
      }
    }
    // 1000 are expected of each; 170 are more than five standard deviations.
    for (const count of hits) expect(Math.abs(count - 1000)).toBeLessThan(170);
  });

  it("counts age across the turn of its 16-bit clock", () => {
    const list = new PeerList(6);
    list.add(addressOf(6, 1), "seeder", 0xfffe);
    list.add(addressOf(6, 2), "leecher", 3);
    const removed: Role[] = [];
    list.expire(4, 5, (role) => removed.push(role));
    expect(removed).toEqual(["seeder"]);
    expect(list.leechers).toBe(1);
  });
});
