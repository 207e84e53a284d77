import { describe, expect, it } from "vitest";
import { clientOfPeerId, makePeerId } from "./peer-id.js";

describe("makePeerId", () => {
  it("is 20 URL-safe characters that begin with client and version", () => {
    const peerId = makePeerId(Uint8Array.of(0, 1, 25, 26, 51, 52, 61, 62, 63, 64, 128, 255));
    expect(Buffer.from(peerId).toString("latin1")).toBe("-SL0100-ABZaz09-_AA_");
  });

  it("refuses another number of random bytes", () => {
    expect(() => makePeerId(new Uint8Array(20))).toThrow(RangeError);
  });
});

describe("clientOfPeerId", () => {
  it.each([
    ["-SL0100-abcdefghijkl", "Swarmlab 0.1.0"],
    ["-TR3000-abcdefghijkl", "Transmission 3.0.0"],
    ["-qB4520-abcdefghijkl", "qBittorrent 4.5.2"],
    ["-LT2080-abcdefghijkl", "libtorrent 2.0.8"],
    ["-lt0D80-abcdefghijkl", "rTorrent 0.13.8"],
    ["-UT355W-abcdefghijkl", "uTorrent 3.5.5"],
    ["A2-1-36-0-abcdefghij", "aria2 1.36.0"],
    ["-XX1234-abcdefghijkl", "unknown"],
    ["M7-9-2--abcdefghijkl", "unknown"],
    ["", "unknown"],
  ])("reads %j as %s", (text, client) => {
    expect(clientOfPeerId(Buffer.from(text, "latin1"))).toBe(client);
  });
});
