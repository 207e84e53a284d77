import { formatLink, parseLink } from "@swarmlab/scenario/link";
import { LINK_PROFILES } from "@swarmlab/scenario/profiles";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addsNothing, changedLink, namedLink } from "./named-link.js";

const change = (from: string, by: string) => changedLink(namedLink(from), by);

describe("changedLink", () => {
  it("keeps what a change does not name", () => {
    expect(change("cable", "loss=1%,delay=20ms").link).toEqual(parseLink("cable,loss=1%,delay=20ms"));
    expect(change("none", "delay=20ms")).toMatchObject({ text: "delay=20ms" });
    expect(change("loss=gemodel:1%:10%,delay=3ms", " loss=0% ")).toMatchObject({ text: "delay=3ms" });
  });

  it("takes a profile, with settings or without, for all of it", () => {
    expect(change("cable,loss=1%", "dsl,up=1mbit")).toEqual({
      text: "dsl,up=1mbit",
      link: parseLink("dsl,up=1mbit"),
    });
    expect(change("cable", "none").link).toEqual(parseLink("none"));
  });

  it("changes each setting alone, whatever the rest is", () => {
    const settings = ["up=7mbit", "down=unlimited", "delay=200ms", "jitter=1ms", "loss=2%", "corrupt=3%"];
    const profiles = LINK_PROFILES.map(({ name }) => name).filter((name) => name !== "lan");
    fc.assert(
      fc.property(fc.constantFrom(...profiles), fc.subarray(settings, { minLength: 1 }), (profile, some) => {
        const changed = change(profile, some.join(","));
        expect(changed.link).toEqual(parseLink(`${profile},${some.join(",")}`));
        expect(parseLink(changed.text)).toEqual(changed.link);
      }),
    );
  });

  it("refuses a setting twice, although one of them would win", () => {
    expect(() => change("dsl", "up=1mbit,up=2mbit")).toThrow("up is set twice");
  });
});

describe("addsNothing", () => {
  it("is true of a link without any effect", () => {
    expect(addsNothing(parseLink("none"))).toBe(true);
    expect(addsNothing(parseLink("loss=0%,up=unlimited"))).toBe(true);
    expect(addsNothing(parseLink("delay=1ms"))).toBe(false);
    expect(formatLink(parseLink("loss=0%"))).toBe("none");
  });
});
