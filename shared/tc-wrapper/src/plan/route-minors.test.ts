import { describe, expect, it } from "vitest";
import { parseIpPrefix, prefixKey } from "../addresses/ip-prefix.js";
import { assignMinors, type RouteQueue } from "./route-minors.js";

function queue(minor: number, delayMs: number, ...destinations: string[]): RouteQueue {
  return {
    minor,
    delayMs,
    destinationKeys: new Set(destinations.map((text) => prefixKey(parseIpPrefix(text)))),
  };
}

describe("the class of a route", () => {
  it("is a new one where there is none, in order", () => {
    const routes = [
      { delayMs: 10, destinations: ["10.0.0.1"] },
      { delayMs: 20, destinations: ["10.0.0.2"] },
    ];
    expect(assignMinors(routes, [])).toEqual([0x11, 0x12]);
  });

  it("is the default one where it adds nothing", () => {
    expect(assignMinors([{ delayMs: 0, destinations: ["10.0.0.1"] }], [queue(0x11, 5, "10.0.0.1")])).toEqual([
      0x10,
    ]);
  });

  it("stays the one that most of its destinations have", () => {
    const existing = [queue(0x11, 10, "10.0.0.1"), queue(0x12, 20, "10.0.0.2", "10.0.0.3")];
    const routes = [
      { delayMs: 25, destinations: ["10.0.0.3", "10.0.0.2", "10.0.0.1"] },
      { delayMs: 15, destinations: ["10.0.0.9"] },
    ];
    expect(assignMinors(routes, existing)).toEqual([0x12, 0x13]);
  });

  it("is one of the same delay where no destination is the same", () => {
    const existing = [queue(0x11, 10, "10.0.0.1"), queue(0x12, 20.0004, "10.0.0.2")];
    expect(assignMinors([{ delayMs: 20, destinations: ["10.0.0.9"] }], existing)).toEqual([0x12]);
  });

  it("is not one that is still being emptied", () => {
    const existing = [queue(0x11, 10)];
    expect(assignMinors([{ delayMs: 30, destinations: ["10.0.0.9"] }], existing)).toEqual([0x12]);
  });

  it("is to be had 239 times", () => {
    const routes = Array.from({ length: 240 }, (_, index) => ({
      delayMs: index + 1,
      destinations: [`10.0.0.${index}`],
    }));
    expect(new Set(assignMinors(routes.slice(1), [])).size).toBe(239);
    expect(() => assignMinors(routes, [])).toThrow(expect.objectContaining({ code: "TOO_MANY_ROUTES" }));
  });
});
