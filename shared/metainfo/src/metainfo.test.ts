import { createHash } from "node:crypto";
import { encodeBencode } from "@swarmlab/bencode/encode";
import { BencodeError } from "@swarmlab/bencode/error";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createInfo } from "./create.js";
import { MetainfoError } from "./error.js";
import { encodeMetainfo, type Metainfo, parseMetainfo } from "./metainfo.js";

const info = createInfo({
  name: "example.bin",
  content: { lengthBytes: 5 },
  pieceLength: 16_384,
  pieceHashes: new Uint8Array(20).fill(0xab),
  isPrivate: true,
});

const bare: Metainfo = {
  info,
  announceTiers: [],
  comment: undefined,
  createdBy: undefined,
  creationDate: undefined,
};

/** A `.torrent` around `info` with other fields in front of it. */
const torrent = (fields: string, infoText = Buffer.from(info.infoBytes).toString("latin1")) =>
  new Uint8Array(Buffer.from(`d${fields}4:info${infoText}e`, "latin1"));

describe("parseMetainfo", () => {
  it("reads the bytes of a torrent as published tools write them", () => {
    const pieces = "\x01".repeat(20);
    const infoText = `d6:lengthi3e4:name5:a.txt12:piece lengthi16384e6:pieces20:${pieces}e`;
    const parsed = parseMetainfo(
      torrent(
        "8:announce26:http://tracker.example/ann10:created by4:tool13:creation datei1700000000e",
        infoText,
      ),
    );
    expect(parsed).toMatchObject({
      announceTiers: [["http://tracker.example/ann"]],
      createdBy: "tool",
      creationDate: new Date("2023-11-14T22:13:20Z"),
      comment: undefined,
    });
    expect(Buffer.from(parsed.info.infoHash).toString("hex")).toBe(
      createHash("sha1").update(infoText, "latin1").digest("hex"),
    );
  });

  it("prefers the announce-list and drops what is empty in it", () => {
    const url = "http://tracker.example/ann";
    expect(parseMetainfo(torrent(`8:announce1:x13:announce-listll26:${url}0:elee`)).announceTiers).toEqual([
      [url],
    ]);
    expect(parseMetainfo(torrent("8:announce1:x13:announce-listle")).announceTiers).toEqual([["x"]]);
    expect(parseMetainfo(torrent("8:announce0:")).announceTiers).toEqual([]);
    expect(parseMetainfo(torrent("")).announceTiers).toEqual([]);
  });

  it("reads keys in any order but none twice", () => {
    expect(parseMetainfo(torrent("7:comment1:c8:announce1:x")).comment).toBe("c");
    expect(() => parseMetainfo(torrent("7:comment1:c7:comment1:d"))).toThrow(
      expect.objectContaining({ code: "DUPLICATE_KEY" }),
    );
  });

  it("leaves out remarks that are broken", () => {
    const parsed = parseMetainfo(torrent("7:comment2:\xff\xfe10:created byi1e13:creation date1:x"));
    expect(parsed).toMatchObject({ comment: undefined, createdBy: undefined, creationDate: undefined });
  });

  it("refuses what is no torrent", () => {
    expect(() => parseMetainfo(encodeBencode({ announce: "x" }))).toThrow(
      expect.objectContaining({ code: "MISSING_FIELD" }),
    );
    expect(() => parseMetainfo(encodeBencode({ info: 1 }))).toThrow(
      expect.objectContaining({ code: "WRONG_TYPE" }),
    );
    expect(() => parseMetainfo(torrent("13:announce-listl1:xe"))).toThrow(
      expect.objectContaining({ code: "WRONG_TYPE" }),
    );
  });

  it("fails on arbitrary bytes with a coded error and nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, at) => {
        const altered = encodeMetainfo(bare);
        altered.set(bytes.subarray(0, 3), Math.min(at, altered.length - 3));
        for (const input of [bytes, altered]) {
          try {
            parseMetainfo(input);
          } catch (error) {
            expect(error instanceof BencodeError || error instanceof MetainfoError).toBe(true);
          }
        }
      }),
    );
  });
});

describe("encodeMetainfo", () => {
  it("keeps the info dictionary as it is, even one that is not canonical", () => {
    const infoText = "d4:name1:x6:lengthi0e6:pieces0:12:piece lengthi1ee";
    const parsed = parseMetainfo(torrent("", infoText));
    expect(Buffer.from(encodeMetainfo(parsed)).toString()).toBe(`d4:info${infoText}e`);
  });

  it("is undone by parseMetainfo", () => {
    const text = fc.option(fc.string({ unit: "grapheme", maxLength: 20 }), { nil: undefined });
    const url = fc.webUrl();
    fc.assert(
      fc.property(
        fc.record({
          info: fc.constant(info),
          announceTiers: fc.array(fc.array(url, { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
          comment: text,
          createdBy: text,
          creationDate: fc.option(
            fc.integer({ min: 0, max: 2 ** 40 }).map((seconds) => new Date(seconds * 1000)),
            { nil: undefined },
          ),
        }),
        (metainfo) => {
          const bytes = encodeMetainfo(metainfo);
          expect(parseMetainfo(bytes)).toEqual(metainfo);
          expect(encodeMetainfo(parseMetainfo(bytes))).toEqual(bytes);
        },
      ),
    );
  });
});
