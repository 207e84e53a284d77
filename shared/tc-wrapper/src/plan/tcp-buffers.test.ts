import { NO_LINK, parseLink } from "@swarmlab/scenario/link";
import { describe, expect, it } from "vitest";
import { tcpBufferBytes } from "./tcp-buffers.js";

describe("what TCP must be able to hold", () => {
  it("is four times what is on its way to a node as far away, over the longest route", () => {
    const link = parseLink("delay=25ms");
    // 100 ms at 8 Mbit/s are 100 kB.
    expect(tcpBufferBytes(8e6, link, [])).toBe(400_000);
    expect(tcpBufferBytes(8e6, link, [{ delayMs: 50, destinations: ["10.0.0.1"] }])).toBe(800_000);
  });

  it("is not known where the rate is unlimited, and bounded where it is beyond all measure", () => {
    expect(tcpBufferBytes(undefined, NO_LINK, [])).toBeUndefined();
    expect(tcpBufferBytes(100e9, { ...NO_LINK, delayMs: 60_000 }, [])).toBe(2 ** 30);
  });
});
