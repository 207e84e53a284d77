import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LinesView } from "./lines-view.js";

describe("LinesView", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("says every three seconds how far the leechers are, until the end", () => {
    let written = "";
    const view = new LinesView({ write: (text) => (written += text) });
    view.say("starting 2 leechers");
    view.begin(
      [
        { name: "seeder", role: "seeder" },
        { name: "leecher-1", role: "leecher" },
        { name: "leecher-2", role: "leecher" },
      ],
      1000,
    );
    const rates = { downBitsPerSecond: 3e6, upBitsPerSecond: 1e6, peers: 2 };
    view.update("seeder", { ...rates, verifiedBytes: 1000 });
    view.update("leecher-1", { ...rates, verifiedBytes: 1000 });
    view.complete("leecher-1", 2.5);
    view.update("leecher-2", { ...rates, verifiedBytes: 500 });
    vi.advanceTimersByTime(3000);
    view.end();
    vi.advanceTimersByTime(10_000);
    expect(written).toMatchInlineSnapshot(`
      "starting 2 leechers
      leecher-1 has everything after 2.50 s
      75.0 % of all copies, 50.0 % of the slowest, 6 Mbit/s in all, 1 of 2 leechers complete
      "
    `);
  });
});
