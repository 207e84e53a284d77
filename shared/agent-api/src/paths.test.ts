import { describe, expect, it } from "vitest";
import { linkChangeSchema, linkPaths, partitionSchema } from "./node-link.js";
import { selfMeasurementSchema, selfPaths } from "./self-link.js";

describe("paths", () => {
  it("of a link take any name", () => {
    expect(linkPaths.link("lab-leecher-1")).toBe("/api/links/lab-leecher-1");
    expect(linkPaths.measurement("a/b?c")).toBe("/api/links/a%2Fb%3Fc/measurement");
  });

  it("of a node's own link say how long to wait, and what is known already", () => {
    expect(selfPaths.link(30)).toBe("/api/self/link?wait=30");
    expect(selfPaths.link(30, 0)).toBe("/api/self/link?wait=30&after=0");
  });
});

describe("what is sent to the agent", () => {
  it("is refused when it says more than the agent knows", () => {
    expect(linkChangeSchema.safeParse({ link: "dsl" }).success).toBe(true);
    expect(linkChangeSchema.safeParse({ link: "dsl", region: "tokyo" }).success).toBe(false);
    expect(partitionSchema.safeParse({ groups: [["a"], ["b"]], members: [] }).success).toBe(false);
  });

  it("is bounded", () => {
    const rttMs = Array<number>(101).fill(1);
    expect(selfMeasurementSchema.safeParse({ revision: 1, rttMs }).success).toBe(false);
    expect(selfMeasurementSchema.safeParse({ revision: 1, rttMs: [Number.NaN] }).success).toBe(false);
    expect(linkChangeSchema.safeParse({ link: "x".repeat(1001) }).success).toBe(false);
    expect(partitionSchema.safeParse({ groups: [["a"]] }).success).toBe(false);
  });
});
