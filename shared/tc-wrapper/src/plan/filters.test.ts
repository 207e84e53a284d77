import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIpPrefix } from "../addresses/ip-prefix.js";
import { blockFilters, egressFilters, ingressFilters } from "./filters.js";
import { isOwnPreference } from "./names.js";

describe("filters", () => {
  it("of a longer prefix are tried before those of a shorter one", () => {
    const { rules } = egressFilters(
      [
        { minor: 0x11, destinations: ["10.0.0.0/8", "fd00::/16"] },
        { minor: 0x12, destinations: ["10.1.0.0/16", "10.1.2.3", "fd00::/64", "fd00::1"] },
      ],
      [],
    );
    const order = rules.filter(({ preference }) => preference >= 23500).map(({ preference }) => preference);
    expect(order).toEqual([23524, 23712, 23516, 23500, 23664, 23600]);
  });

  it("match every word of an address behind which bits count", () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.integer({ min: 0, max: 128 }), (address, length) => {
        const { words } = parseIpPrefix(`${address}/${length}`);
        const rule = blockFilters([`${address}/${length}`], "source").rules.at(-1);
        const bits = (rule?.matches ?? []).flatMap(({ mask }) =>
          [...mask.toString(2)].filter((bit) => bit === "1"),
        );
        expect(bits.length).toBe(length);
        for (const { offset, value } of length === 0 ? [] : (rule?.matches ?? [])) {
          expect(value).toBe(words[(offset - 8) / 4]);
        }
      }),
    );
  });

  it("have preferences of our own, and those of the two hooks have none in common", () => {
    const blocked = ["10.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "fd00::1", "fd00::/64", "::/0"];
    const ingress = ingressFilters(blocked, [9100], "swl-eth0").rules.map(({ preference }) => preference);
    const egress = blockFilters(blocked, "destination").rules.map(({ preference }) => preference);
    const root = egressFilters([{ minor: 0x11, destinations: blocked }], [9100]).rules.map(
      ({ preference }) => preference,
    );
    expect([...ingress, ...egress, ...root].every(isOwnPreference)).toBe(true);
    expect(egress.filter((preference) => ingress.includes(preference))).toEqual([]);
  });

  it("block an address once, however often and in whatever way it is named", () => {
    expect(blockFilters(["fd00::1", "fd00:0:0::1", "FD00::0.0.0.1"], "source").rules.length).toBe(3);
  });

  it("cannot lead one destination two ways", () => {
    const routes = [
      { minor: 0x11, destinations: ["10.0.0.1"] },
      { minor: 0x12, destinations: ["10.0.0.1/32"] },
    ];
    expect(() => egressFilters(routes, [])).toThrow(
      expect.objectContaining({ code: "DUPLICATE_DESTINATION" }),
    );
  });

  it.each([0, 65536, 1.5, Number.NaN])("are not for port %d", (port) => {
    expect(() => egressFilters([], [port])).toThrow(expect.objectContaining({ code: "BAD_PORT" }));
  });
});
