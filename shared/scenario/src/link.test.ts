import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { payloadBitsPerSecond } from "./frame.js";
import { DELAY_DISTRIBUTIONS, formatLink, type Link, type LinkLoss, NO_LINK, parseLink } from "./link.js";
import { LinkError } from "./link-error.js";
import { LINK_PROFILES } from "./profiles.js";

const percent = fc.integer({ min: 1, max: 10_000 }).map((hundredths) => hundredths / 100);
const anyLoss: fc.Arbitrary<LinkLoss> = fc.oneof(
  percent.map((value) => ({ model: "random" as const, percent: value })),
  fc.tuple(percent, percent, percent, percent).map(([p, r, h, k]) => ({
    model: "gilbert-elliott" as const,
    toBadPercent: p,
    toGoodPercent: r,
    badLossPercent: h,
    goodLossPercent: k,
  })),
);
const anyLink: fc.Arbitrary<Link> = fc
  .record(
    {
      upBitsPerSecond: fc.integer({ min: 1000, max: 100_000_000_000 }),
      downBitsPerSecond: fc.integer({ min: 1000, max: 100_000_000_000 }),
      delayMs: fc.integer({ min: 100, max: 60_000 }),
      jitterMs: fc.integer({ min: 0, max: 100 }),
      distribution: fc.constantFrom(...DELAY_DISTRIBUTIONS),
      loss: anyLoss,
      corruptPercent: percent,
      duplicatePercent: percent,
      reorderPercent: percent,
    },
    { requiredKeys: ["delayMs"] },
  )
  .map((fields) => ({ ...NO_LINK, ...fields }));

describe("parseLink", () => {
  it("reads a profile with changes", () => {
    expect(parseLink("dsl, delay=40ms, up=2mbit")).toEqual({
      ...NO_LINK,
      upBitsPerSecond: 2_000_000,
      downBitsPerSecond: 1_500_000,
      delayMs: 40,
      jitterMs: 1,
      distribution: "normal",
    });
  });

  it("reads the units of tc, in any case", () => {
    expect(parseLink("up=1.5Mbit,down=2Gbit,delay=1.5s,jitter=500us")).toEqual({
      ...NO_LINK,
      upBitsPerSecond: 1_500_000,
      downBitsPerSecond: 2_000_000_000,
      delayMs: 1500,
      jitterMs: 0.5,
    });
  });

  it("reads both models of loss", () => {
    expect(parseLink("loss=0.5%").loss).toEqual({ model: "random", percent: 0.5 });
    expect(parseLink("loss=gemodel:1%:10%").loss).toEqual({
      model: "gilbert-elliott",
      toBadPercent: 1,
      toGoodPercent: 10,
      badLossPercent: 100,
      goodLossPercent: 0,
    });
  });

  it("takes a setting of the profile back when told so", () => {
    expect(parseLink("lan,up=unlimited,down=unlimited,delay=0ms,loss=0%")).toEqual(NO_LINK);
    expect(parseLink("none")).toBe(NO_LINK);
  });

  it.each([
    ["dsl2", "UNKNOWN_PROFILE", "fiber, cable, dsl, 4g, 3g, satellite, lan"],
    ["", "UNKNOWN_PROFILE", "none, a profile"],
    ["none,up=1mbit", "UNKNOWN_PROFILE", "none"],
    ["dsl,fiber", "UNKNOWN_SETTING", "up, down, delay"],
    ["speed=1mbit", "UNKNOWN_SETTING", "up, down, delay"],
    ["dsl,up=1mbit,up=2mbit", "DUPLICATE_SETTING", "up is set twice"],
    ["up=1mbps", "BAD_RATE", "bytes per second"],
    ["up=1", "BAD_RATE", "384kbit or 1.5mbit, or unlimited"],
    ["up=0mbit", "BAD_RATE", "from 1kbit to 100gbit"],
    ["up=-1mbit", "BAD_RATE", "from 1kbit"],
    ["delay=40", "BAD_TIME", "500us, 40ms or 1.5s"],
    ["delay=2m", "BAD_TIME", "from 0ms to 60s"],
    ["loss=1", "BAD_PERCENT", "from 0% to 100%"],
    ["corrupt=101%", "BAD_PERCENT", "from 0% to 100%"],
    ["loss=gemodel:1%", "BAD_LOSS", "gemodel:P:R"],
    ["distribution=gauss", "BAD_DISTRIBUTION", "uniform, normal, pareto, paretonormal"],
    ["delay=1ms,jitter=2ms", "BAD_COMBINATION", "a jitter of 2ms is more than the delay of 1ms"],
    ["reorder=5%", "BAD_COMBINATION", "needs a delay"],
  ])("refuses %j with %s and says what is allowed", (text, code, hint) => {
    expect(() => parseLink(text)).toThrow(
      expect.objectContaining({ name: "LinkError", code, message: expect.stringContaining(hint) }),
    );
  });

  it("reads back what formatLink wrote", () => {
    fc.assert(
      fc.property(anyLink, (link) => {
        expect(parseLink(formatLink(link))).toEqual(link);
      }),
    );
  });

  it("reads or refuses any text", () => {
    const word = fc.constantFrom(
      "dsl",
      "up",
      "delay",
      "loss",
      "gemodel",
      "=",
      ",",
      ":",
      "1",
      "%",
      "mbit",
      "ms",
      ".",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word).map((words) => words.join("")),
        ),
        (text) => {
          try {
            parseLink(text);
          } catch (error) {
            expect(error).toBeInstanceOf(LinkError);
          }
        },
      ),
    );
  });
});

describe("formatLink", () => {
  it("writes what differs from no link at all", () => {
    expect(formatLink(NO_LINK)).toBe("none");
    expect(formatLink(parseLink("dsl"))).toBe(
      "up=384kbit,down=1500kbit,delay=25ms,jitter=1ms,distribution=normal",
    );
  });
});

describe("the profiles", () => {
  it.each(LINK_PROFILES)(
    "$name can be read, and says where its figures are from",
    ({ name, settings, source }) => {
      expect(formatLink(parseLink(name))).toBe(settings);
      expect(source.length).toBeGreaterThan(20);
    },
  );
});

it("a full frame of 1514 bytes carries 1448 of payload", () => {
  expect(payloadBitsPerSecond(15_140_000)).toBe(14_480_000);
});
