import { describe, expect, it } from "vitest";
import { parseLink } from "./link.js";
import { unsupportedImpairments } from "./unsupported-impairments.js";

describe("unsupportedImpairments", () => {
  it("names what userspace cannot do, and nothing else", () => {
    expect(unsupportedImpairments(parseLink("dsl"))).toEqual([]);
    expect(unsupportedImpairments(parseLink("dsl,loss=1%,corrupt=1%"))).toEqual([
      "loss applies to datagrams only: the emulated TCP streams lose nothing",
      "corrupt is not emulated",
    ]);
  });
});
