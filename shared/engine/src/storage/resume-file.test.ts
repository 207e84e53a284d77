import { Bitfield } from "@swarmlab/wire/bitfield";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeResume, encodeResume, isUnchanged, maxResumeBytes, resumePath } from "./resume-file.js";
import { sampleTorrent } from "./testing/sample-torrent.js";

const files = [
  { path: ["a"], lengthBytes: 100 },
  { path: ["b"], lengthBytes: 0 },
  { path: ["c"], lengthBytes: 60 },
];
const { info } = sampleTorrent(files, 16);

const fileState = fc.option(
  fc.record({ sizeBytes: fc.maxSafeNat(), modifiedUs: fc.maxSafeInteger() }, { noNullPrototype: true }),
  { nil: undefined },
);
const resumeState = fc
  .tuple(fc.uniqueArray(fc.nat(9)), fc.tuple(fileState, fileState, fileState))
  .map(([indexes, states]) => {
    const pieces = new Bitfield(info.pieceCount);
    for (const index of indexes) pieces.set(index);
    return { pieces, files: states };
  });

describe("a resume file", () => {
  it("says what was written into it", () => {
    fc.assert(
      fc.property(resumeState, (state) => {
        const bytes = encodeResume(info, state);
        const decoded = decodeResume(info, bytes);
        expect(decoded?.pieces.bytes).toEqual(state.pieces.bytes);
        expect(decoded?.files).toEqual(state.files);
        expect(bytes.length).toBeLessThanOrEqual(maxResumeBytes(info));
      }),
    );
  });

  it("of another torrent, cut off, or damaged, is none", () => {
    const other = sampleTorrent(files, 32).info;
    fc.assert(
      fc.property(resumeState, fc.nat(), fc.uint8Array(), (state, at, noise) => {
        const bytes = encodeResume(info, state);
        expect(decodeResume(other, bytes)).toBeUndefined();
        expect(decodeResume(info, bytes.subarray(0, at % bytes.length))).toBeUndefined();
        expect(decodeResume(info, noise)).toBeUndefined();
      }),
    );
  });

  it("lies beside the content under a name that fits", () => {
    const hash = Buffer.from(info.infoHash).toString("hex");
    expect(resumePath("/data", info)).toBe(`/data/.sample.${hash}.resume`);
    const longName = resumePath("/data", { ...info, name: "é".repeat(127) }).slice("/data/".length);
    expect(Buffer.byteLength(longName)).toBeLessThanOrEqual(255 - 17);
    expect(longName.endsWith(`é.${hash}.resume`)).toBe(true);
  });
});

describe("isUnchanged", () => {
  it("sees a file that came, went, grew, or was written to", () => {
    const state = { sizeBytes: 1, modifiedUs: 2 };
    expect(isUnchanged([state, undefined], [{ ...state }, undefined])).toBe(true);
    expect(isUnchanged([state], [undefined])).toBe(false);
    expect(isUnchanged([undefined], [state])).toBe(false);
    expect(isUnchanged([state], [{ ...state, sizeBytes: 3 }])).toBe(false);
    expect(isUnchanged([state], [{ ...state, modifiedUs: 3 }])).toBe(false);
    expect(isUnchanged([state], [state, state])).toBe(false);
  });
});
