import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bitfield } from "./bitfield.js";

describe("Bitfield", () => {
  it("puts piece 0 into the high bit of the first byte", () => {
    const bitfield = new Bitfield(10);
    bitfield.set(0);
    bitfield.set(9);
    expect([...bitfield.bytes]).toEqual([0b1000_0000, 0b0100_0000]);
  });

  it("agrees with a set of numbers after any sequence of changes", () => {
    const changes = fc.array(fc.tuple(fc.boolean(), fc.nat(36)));
    fc.assert(
      fc.property(changes, (list) => {
        const bitfield = new Bitfield(37);
        const model = new Set<number>();
        for (const [add, index] of list) {
          if (add) {
            bitfield.set(index);
            model.add(index);
          } else {
            bitfield.clear(index);
            model.delete(index);
          }
        }
        expect(bitfield.count).toBe(model.size);
        for (let i = 0; i < 37; i++) expect(bitfield.has(i)).toBe(model.has(i));
        const copy = Bitfield.fromWire(37, bitfield.bytes);
        expect(copy.count).toBe(model.size);
        expect(copy.bytes).toEqual(bitfield.bytes);
      }),
    );
  });

  it("is complete with every piece, and with none of none", () => {
    const bitfield = new Bitfield(3);
    bitfield.set(0);
    bitfield.set(1);
    expect(bitfield.isComplete).toBe(false);
    bitfield.set(2);
    expect(bitfield.isComplete).toBe(true);
    expect(new Bitfield(0).isComplete).toBe(true);
  });

  it.each([
    [9, [0xff]],
    [9, [0xff, 0x80, 0]],
    [9, [0, 0x40]],
    [0, [0]],
  ])("refuses from the wire, for %i pieces, %j", (length, bytes) => {
    expect(() => Bitfield.fromWire(length, Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ code: "BAD_BITFIELD" }),
    );
  });

  it("keeps its own copy of what came from the wire", () => {
    const chunk = Uint8Array.of(0xff);
    const bitfield = Bitfield.fromWire(8, chunk);
    chunk.fill(0);
    expect(bitfield.isComplete).toBe(true);
  });

  it("knows no piece outside its range, and sets none", () => {
    const bitfield = new Bitfield(8, Uint8Array.of(0xff));
    expect(bitfield.has(8)).toBe(false);
    expect(bitfield.has(-1)).toBe(false);
    expect(bitfield.has(0xffff_ffff)).toBe(false);
    expect(() => bitfield.set(8)).toThrow(RangeError);
    expect(() => bitfield.clear(-1)).toThrow(RangeError);
  });
});
