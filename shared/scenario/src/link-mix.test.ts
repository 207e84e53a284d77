import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseLink } from "./link.js";
import { drawLink, LinkMixError, parseLinkMix } from "./link-mix.js";

describe("parseLinkMix", () => {
  const summary = (text: string) => parseLinkMix(text).map(({ text, weight }) => [text, weight]);

  it("reads a single link as a mix of one", () => {
    expect(parseLinkMix("dsl,delay=40ms")).toEqual([
      { text: "dsl,delay=40ms", link: parseLink("dsl,delay=40ms"), weight: 1 },
    ]);
  });

  it("reads weighted profiles", () => {
    expect(summary("fiber:1, cable:3")).toEqual([
      ["fiber", 1],
      ["cable", 3],
    ]);
  });

  it("gives settings to the link before them", () => {
    expect(summary("fiber:0.5,delay=9ms,up=3mbit,none,cable:2,loss=gemodel:1%:10%")).toEqual([
      ["fiber,delay=9ms,up=3mbit", 0.5],
      ["none", 1],
      ["cable,loss=gemodel:1%:10%", 2],
    ]);
  });

  it("takes a link without a profile at the beginning", () => {
    expect(summary("up=2mbit,down=4mbit,cable:2")).toEqual([
      ["up=2mbit,down=4mbit", 1],
      ["cable", 2],
    ]);
  });

  it.each(["fiber:0", "fiber:", "fiber:-1", "fiber:x", "fiber:1:2"])("refuses the weight in %s", (text) => {
    expect(() => parseLinkMix(text)).toThrow(LinkMixError);
  });

  it("refuses what is no link", () => {
    expect(() => parseLinkMix("fiber,glass:2")).toThrow('"glass" is no link');
  });
});

describe("drawLink", () => {
  it("gives a node the same link whenever it is asked", () => {
    const mix = parseLinkMix("fiber,cable,dsl");
    fc.assert(
      fc.property(fc.string(), fc.string(), (seed, name) => {
        expect(drawLink(mix, seed, name)).toBe(drawLink(mix, seed, name));
      }),
    );
  });

  it("draws in proportion to the weights", () => {
    const mix = parseLinkMix("fiber:1,cable:3");
    const names = Array.from({ length: 4000 }, (_, i) => `leecher-${i}`);
    const fibers = names.filter((name) => drawLink(mix, "example", name).text === "fiber").length;
    // 1000 expected; five standard deviations are 137.
    expect(Math.abs(fibers - 1000)).toBeLessThan(137);
  });
});
