import { NO_LINK, parseLink } from "@swarmlab/scenario/link";
import { describe, expect, it } from "vitest";
import { netemSettings } from "./netem-settings.js";

describe("the settings of a leaf", () => {
  it("are those of the link", () => {
    const link = parseLink(
      "delay=20ms,jitter=2ms,distribution=pareto,loss=1%,corrupt=2%,duplicate=3%,reorder=4%",
    );
    expect(netemSettings(link, 1e6, 0, 1500)).toEqual({
      limitPackets: 1000,
      delayMs: 20,
      jitterMs: 2,
      distribution: "pareto",
      loss: { model: "random", percent: 1 },
      corruptPercent: 2,
      duplicatePercent: 3,
      reorderPercent: 4,
    });
  });

  it("add the delay of a route", () => {
    expect(netemSettings(parseLink("delay=20ms"), 1e6, 80, 1500).delayMs).toBe(100);
  });

  it.each([
    // 1.5 times the bandwidth-delay product in packets.
    [50e6, "delay=300ms", 1500, 1875],
    // The uniform distribution ends one jitter after the delay, the others after four.
    [50e6, "delay=300ms,jitter=100ms,distribution=uniform", 1500, 2500],
    [50e6, "delay=300ms,jitter=100ms,distribution=normal", 1500, 4375],
    [50e6, "delay=300ms,jitter=100ms,distribution=pareto", 1500, 4375],
    [100e6, "delay=100ms", 1450, 1294],
    [1e9, "delay=100us", 1500, 1000],
    [384e3, "delay=25ms,jitter=1ms", 1500, 1000],
    [undefined, "delay=10ms", 1500, 12500],
    [1e12, "delay=60s", 1500, 2 ** 31 - 1],
  ])("hold, at %d bit/s with %s and an MTU of %d, %d packets", (rate, link, mtu, packets) => {
    expect(netemSettings(parseLink(link), rate, 0, mtu).limitPackets).toBe(packets);
  });

  it("count what is nothing to the kernel as nothing", () => {
    const settings = netemSettings(
      { ...NO_LINK, loss: { model: "random", percent: 1e-9 }, corruptPercent: 1e-9, duplicatePercent: 1e-9 },
      1e6,
      0,
      1500,
    );
    expect(settings).toMatchObject({ loss: undefined, corruptPercent: 0, duplicatePercent: 0 });
  });

  it.each([
    [{ delayMs: -1 }],
    [{ delayMs: 300_000 }],
    [{ delayMs: Number.NaN }],
    [{ delayMs: 5000, jitterMs: 2200 }],
    [{ delayMs: 1, jitterMs: 2 }],
    [{ reorderPercent: 1 }],
    [{ corruptPercent: 101 }],
    [{ loss: { model: "random" as const, percent: -1 } }],
  ])("cannot be %j", (wrong) => {
    expect(() => netemSettings({ ...NO_LINK, ...wrong }, 1e6, 0, 1500)).toThrow(
      expect.objectContaining({ code: "BAD_LINK" }),
    );
  });
});
