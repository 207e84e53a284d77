import { MetainfoError } from "@swarmlab/metainfo/error";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTorrentArgument } from "./torrent-argument.js";

const hash = "00112233445566778899aabbccddeeff00112233";

describe("parseTorrentArgument", () => {
  it.each([
    ["example.torrent", "file"],
    ["folder/example", "file"],
    ["./example", "file"],
    [hash, "info-hash"],
    [hash.toUpperCase(), "info-hash"],
    ["AAISEM2EKVTHPCEZVK54ZXPO74ABCIRT", "info-hash"],
    [`magnet:?xt=urn:btih:${hash}`, "magnet"],
    ["example.iso", "name"],
    [hash.slice(1), "name"],
  ])("reads %s as a %s", (text, kind) => {
    expect(parseTorrentArgument(text).kind).toBe(kind);
  });

  it("reads an info hash in base32 and in hex as the same", () => {
    const fromBase32 = parseTorrentArgument("AAISEM2EKVTHPCEZVK54ZXPO74ABCIRT");
    expect(fromBase32).toEqual(parseTorrentArgument(hash));
  });

  it("refuses a magnet link that cannot be used", () => {
    expect(() => parseTorrentArgument("magnet:?dn=example")).toThrow(MetainfoError);
  });

  it("understands or refuses any text", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((rest) => `magnet:?${rest}`),
        ),
        (text) => {
          try {
            parseTorrentArgument(text);
          } catch (error) {
            expect(error).toBeInstanceOf(MetainfoError);
          }
        },
      ),
    );
  });
});
