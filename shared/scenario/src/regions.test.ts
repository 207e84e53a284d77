import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CITY_REGIONS } from "./city-regions.js";
import { RegionError } from "./region-error.js";
import { drawRegion, parseRegionMix } from "./region-mix.js";
import { parseRegionMatrix } from "./regions.js";

const example = { rttMs: { east: { west: 80, south: 0.5 }, west: { south: 120, west: 3 } } };

describe("parseRegionMatrix", () => {
  it("reads each pair once, for both directions", () => {
    const regions = parseRegionMatrix(JSON.stringify(example), "example");
    expect(regions.names).toEqual(["east", "west", "south"]);
    expect(regions.rttMs("east", "west")).toBe(80);
    expect(regions.rttMs("west", "east")).toBe(80);
    expect(regions.rttMs("south", "east")).toBe(0.5);
    expect(regions.rttMs("west", "west")).toBe(3);
    expect(regions.rttMs("east", "east")).toBe(0);
  });

  it.each([
    ["{", "JSON"],
    ["[]", "it must be an object"],
    ["{}", 'one key, "rttMs"'],
    ['{"rttMs":{},"more":1}', 'one key, "rttMs"'],
    ['{"rttMs":[]}', '"rttMs" must be an object'],
    ['{"rttMs":{}}', "1 to 100 regions"],
    ['{"rttMs":{"a":7}}', '"a" must be an object'],
    ['{"rttMs":{"a":{"b":-1}}}', "a – b: give the round trip"],
    ['{"rttMs":{"a":{"b":10001}}}', "from 0 to 10000"],
    ['{"rttMs":{"a":{"b":"5"}}}', "a – b"],
    ['{"rttMs":{"a":{"b":5},"b":{"a":6}}}', "is 5 ms one time and 6 ms another"],
    ['{"rttMs":{"a":{"b":5,"c":5}}}', "b – c"],
    ['{"rttMs":{"A":{"b":5}}}', '"A" cannot name a region'],
    ['{"rttMs":{"__proto__":{"b":5}}}', "cannot name a region"],
  ])("refuses %s", (json, reason) => {
    expect(() => parseRegionMatrix(json, "example")).toThrow(reason);
  });

  it("gives a symmetric matrix or a RegionError for any JSON", () => {
    const name = fc.constantFrom("a", "b", "c", "constructor", "");
    const row = fc.dictionary(name, fc.oneof(fc.double(), fc.integer({ min: 0, max: 9 }), fc.string()));
    const document = fc.oneof(
      fc.json(),
      fc.record({ rttMs: fc.dictionary(name, row) }).map((x) => JSON.stringify(x)),
    );
    fc.assert(
      fc.property(document, (json) => {
        try {
          const { names, rttMs } = parseRegionMatrix(json, "example");
          for (const from of names) for (const to of names) expect(rttMs(from, to)).toBe(rttMs(to, from));
        } catch (error) {
          expect(error).toBeInstanceOf(RegionError);
        }
      }),
    );
  });
});

describe("CITY_REGIONS", () => {
  it("has the round trips that its formula gives", () => {
    // Great circles of 6,535 and 9,355 km, times 3 / 200.
    expect(CITY_REGIONS.rttMs("frankfurt", "virginia")).toBe(98);
    expect(CITY_REGIONS.rttMs("tokyo", "frankfurt")).toBe(140);
    expect(CITY_REGIONS.rttMs("tokyo", "tokyo")).toBe(0);
  });

  it("knows no other cities", () => {
    expect(() => CITY_REGIONS.rttMs("tokyo", "atlantis")).toThrow('"atlantis" is no region, but frankfurt');
  });
});

describe("parseRegionMix", () => {
  it("reads names and weights", () => {
    expect(parseRegionMix("tokyo", CITY_REGIONS)).toEqual([{ name: "tokyo", weight: 1 }]);
    expect(parseRegionMix(" frankfurt:2 , tokyo:0.5", CITY_REGIONS)).toEqual([
      { name: "frankfurt", weight: 2 },
      { name: "tokyo", weight: 0.5 },
    ]);
  });

  it.each(["", "atlantis", "tokyo:0", "tokyo:", "tokyo:x", "tokyo:1:2", "tokyo,,"])("refuses %j", (text) => {
    expect(() => parseRegionMix(text, CITY_REGIONS)).toThrow(RegionError);
  });

  it("gives a mix or a RegionError for any text", () => {
    const part = fc.constantFrom("tokyo", ":", ",", "1", " ", "sydney", "0.5");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((parts) => parts.join("")),
        ),
        (text) => {
          try {
            for (const { weight } of parseRegionMix(text, CITY_REGIONS)) expect(weight).toBeGreaterThan(0);
          } catch (error) {
            expect(error).toBeInstanceOf(RegionError);
          }
        },
      ),
    );
  });

  it("draws in proportion to the weights, and the same region for the same node", () => {
    const mix = parseRegionMix("frankfurt:1,tokyo:3", CITY_REGIONS);
    const names = Array.from({ length: 4000 }, (_, i) => `leecher-${i}`);
    const inFrankfurt = names.filter((name) => drawRegion(mix, "example", name) === "frankfurt");
    // 1000 expected; five standard deviations are 137.
    expect(Math.abs(inFrankfurt.length - 1000)).toBeLessThan(137);
    for (const name of inFrankfurt) expect(drawRegion(mix, "example", name)).toBe("frankfurt");
  });
});
