import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MessageDecoder, maxMessageBytes } from "./message-decoder.js";
import type { MessageHandler } from "./message-handler.js";
import * as messages from "./messages.js";
import { WireError } from "./wire-error.js";

type Event = readonly (string | number)[];

/** Writes down what it hears; blocks longer than `skipAbove` are skipped. */
class Recorder implements MessageHandler {
  readonly events: Event[] = [];
  payloadBytes = 0;
  afterEach: (event: Event) => void = () => {};
  #destination = new Uint8Array(0);

  constructor(readonly skipAbove = Number.POSITIVE_INFINITY) {}

  onKeepAlive = () => this.#add("keep-alive");
  onChoke = () => this.#add("choke");
  onUnchoke = () => this.#add("unchoke");
  onInterested = () => this.#add("interested");
  onNotInterested = () => this.#add("not interested");
  onHave = (index: number) => this.#add("have", index);
  onBitfield = (bytes: Uint8Array) => this.#add("bitfield", hex(bytes));
  onRequest = (...block: number[]) => this.#add("request", ...block);
  onCancel = (...block: number[]) => this.#add("cancel", ...block);
  onPort = (port: number) => this.#add("port", port);
  onSuggest = (index: number) => this.#add("suggest", index);
  onHaveAll = () => this.#add("have all");
  onHaveNone = () => this.#add("have none");
  onReject = (...block: number[]) => this.#add("reject", ...block);
  onAllowedFast = (index: number) => this.#add("allowed fast", index);
  onExtended = (id: number, payload: Uint8Array) => this.#add("extended", id, hex(payload));
  onUnknown = (id: number, length: number) => this.#add("unknown", id, length);

  onPieceStart(index: number, begin: number, length: number): Uint8Array | undefined {
    if (length > this.skipAbove) {
      this.#add("skipped piece", index, begin, length);
      return undefined;
    }
    this.#destination = new Uint8Array(length);
    return this.#destination;
  }

  onPieceProgress(bytes: number): void {
    this.payloadBytes += bytes;
  }

  onPieceEnd(index: number, begin: number, length: number): void {
    this.#add("piece", index, begin, length, hex(this.#destination));
  }

  #add(...event: (string | number)[]): void {
    this.events.push(event);
    this.afterEach(event);
  }
}

const SMALL = { maxMessageBytes: 1000 };
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const payload = fc.uint8Array({ maxLength: 300 });

/** Bytes of one message, and what is to be heard of it. */
const anyMessage: fc.Arbitrary<{ bytes: Uint8Array; event: Event }> = fc.oneof(
  bare("keep-alive", messages.encodeKeepAlive()),
  bare("choke", messages.encodeChoke()),
  bare("unchoke", messages.encodeUnchoke()),
  bare("interested", messages.encodeInterested()),
  bare("not interested", messages.encodeNotInterested()),
  bare("have all", messages.encodeHaveAll()),
  bare("have none", messages.encodeHaveNone()),
  uint32.map((i) => ({ bytes: messages.encodeHave(i), event: ["have", i] })),
  uint32.map((i) => ({ bytes: messages.encodeSuggest(i), event: ["suggest", i] })),
  uint32.map((i) => ({ bytes: messages.encodeAllowedFast(i), event: ["allowed fast", i] })),
  block("request", messages.encodeRequest),
  block("cancel", messages.encodeCancel),
  block("reject", messages.encodeReject),
  fc.integer({ min: 0, max: 65_535 }).map((p) => ({ bytes: messages.encodePort(p), event: ["port", p] })),
  payload.map((bits) => ({ bytes: messages.encodeBitfield(bits), event: ["bitfield", hex(bits)] })),
  fc.tuple(fc.integer({ min: 0, max: 255 }), payload).map(([id, body]) => ({
    bytes: messages.encodeExtended(id, body),
    event: ["extended", id, hex(body)],
  })),
  fc.tuple(uint32, uint32, payload).map(([index, begin, data]) => ({
    bytes: concat([messages.encodePieceHeader(index, begin, data.length), data]),
    event:
      data.length > 200
        ? ["skipped piece", index, begin, data.length]
        : ["piece", index, begin, data.length, hex(data)],
  })),
  fc.tuple(fc.integer({ min: 21, max: 255 }), payload).map(([id, body]) => ({
    bytes: concat([Uint8Array.of(0, 0, (body.length + 1) >>> 8, body.length + 1, id), body]),
    event: ["unknown", id, body.length],
  })),
);

describe("MessageDecoder", () => {
  it("hears the same of a stream however it is split into chunks", () => {
    fc.assert(
      fc.property(
        fc.array(anyMessage, { maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 400 })),
        (list, sizes) => {
          const recorder = new Recorder(200);
          const decoder = new MessageDecoder(recorder, SMALL);
          for (const chunk of split(concat(list.map((message) => message.bytes)), sizes)) {
            decoder.push(chunk);
            chunk.fill(0xee); // Its memory is used again.
          }
          expect(recorder.events).toEqual(list.map((message) => message.event));
        },
      ),
    );
  });

  it("survives arbitrary bytes with nothing but a WireError", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
        const decoder = new MessageDecoder(new Recorder(), SMALL);
        try {
          for (const chunk of chunks) decoder.push(chunk);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });

  it("reports the progress of a block that arrives in three chunks", () => {
    const recorder = new Recorder();
    const decoder = new MessageDecoder(recorder, SMALL);
    const stream = concat([messages.encodePieceHeader(1, 2, 10), new Uint8Array(10).fill(7)]);
    decoder.push(stream.subarray(0, 15));
    expect(recorder.payloadBytes).toBe(2);
    decoder.push(stream.subarray(15, 20));
    expect(recorder.payloadBytes).toBe(7);
    expect(recorder.events).toEqual([]);
    decoder.push(stream.subarray(20));
    expect(recorder.events).toEqual([["piece", 1, 2, 10, "07".repeat(10)]]);
  });

  it("refuses a length of 0xFFFFFFFF instead of reading it as a keep-alive", () => {
    const recorder = new Recorder();
    const decoder = new MessageDecoder(recorder, { maxMessageBytes: maxMessageBytes() });
    expect(() => decoder.push(Uint8Array.of(0xff, 0xff, 0xff, 0xff))).toThrow(
      expect.objectContaining({ code: "MESSAGE_TOO_LONG" }),
    );
    expect(recorder.events).toEqual([]);
  });

  it("refuses 2 GiB at the length prefix, before any of it has come", () => {
    const decoder = new MessageDecoder(new Recorder(), { maxMessageBytes: maxMessageBytes() });
    decoder.push(Uint8Array.of(0x80, 0, 0));
    expect(() => decoder.push(Uint8Array.of(0))).toThrow(
      expect.objectContaining({ code: "MESSAGE_TOO_LONG" }),
    );
  });

  it("allows the bitfield of a torrent of 20 million pieces when told of it", () => {
    expect(maxMessageBytes()).toBe(1_048_576);
    expect(maxMessageBytes(20_000_000)).toBe(2_500_001);
    const recorder = new Recorder();
    const decoder = new MessageDecoder(recorder, { maxMessageBytes: maxMessageBytes(20_000_000) });
    for (const chunk of split(messages.encodeBitfield(new Uint8Array(2_500_000)), [65_536]))
      decoder.push(chunk);
    expect(recorder.events).toHaveLength(1);
  });

  it.each([
    ["a choke with a body", [0, 0, 0, 2, 0, 0]],
    ["a have of three bytes", [0, 0, 0, 4, 4, 0, 0, 0]],
    ["a request without length", [0, 0, 0, 9, 6, 0, 0, 0, 0, 0, 0, 0, 0]],
    ["a piece without begin", [0, 0, 0, 5, 7, 0, 0, 0, 0]],
    ["a port of one byte", [0, 0, 0, 2, 9, 1]],
    ["a have-all with a body", [0, 0, 0, 2, 14, 0]],
    ["an extended message without id", [0, 0, 0, 1, 20]],
  ])("refuses %s", (_name, bytes) => {
    const decoder = new MessageDecoder(new Recorder(), SMALL);
    expect(() => decoder.push(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ code: "BAD_MESSAGE_LENGTH" }),
    );
  });

  it("calls nothing more after stop, even within the chunk", () => {
    const recorder = new Recorder();
    const decoder = new MessageDecoder(recorder, SMALL);
    recorder.afterEach = (event) => {
      if (event[0] === "have") decoder.stop();
    };
    const stream = concat([messages.encodeChoke(), messages.encodeHave(1), messages.encodeUnchoke()]);
    decoder.push(stream);
    decoder.push(stream);
    expect(recorder.events).toEqual([["choke"], ["have", 1]]);
  });

  it("hands on what a callback throws, and calls nothing more", () => {
    const recorder = new Recorder();
    const decoder = new MessageDecoder(recorder, SMALL);
    recorder.afterEach = () => {
      throw new Error("closed");
    };
    expect(() => decoder.push(messages.encodeChoke())).toThrow("closed");
    decoder.push(messages.encodeUnchoke());
    expect(recorder.events).toEqual([["choke"]]);
  });

  it("does not accept a destination of the wrong size", () => {
    const recorder = new Recorder();
    recorder.onPieceStart = () => new Uint8Array(9);
    const decoder = new MessageDecoder(recorder, SMALL);
    expect(() => decoder.push(messages.encodePieceHeader(0, 0, 10))).toThrow(RangeError);
  });
});

function bare(name: string, bytes: Uint8Array): fc.Arbitrary<{ bytes: Uint8Array; event: Event }> {
  return fc.constant({ bytes, event: [name] });
}

function block(
  name: string,
  encode: (index: number, begin: number, length: number) => Uint8Array,
): fc.Arbitrary<{ bytes: Uint8Array; event: Event }> {
  return fc
    .tuple(uint32, uint32, uint32)
    .map((numbers) => ({ bytes: encode(...numbers), event: [name, ...numbers] }));
}

function concat(parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** Chunks of the sizes in turn, from the start again when they run out; all in one when there are none. */
function split(bytes: Uint8Array, sizes: number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const size = sizes[chunks.length % sizes.length] ?? bytes.length;
    chunks.push(bytes.slice(at, at + size));
    at += size;
  }
  return chunks;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
