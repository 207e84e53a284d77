import { bitfieldBytes } from "./bitfield.js";
import { dispatchMessage, messageShape, readUint32 } from "./message-dispatch.js";
import type { MessageHandler } from "./message-handler.js";
import { PIECE_HEADER_BYTES } from "./messages.js";
import { WireError } from "./wire-error.js";

export interface MessageDecoderLimits {
  /** The largest length prefix that is accepted; see {@link maxMessageBytes}. */
  readonly maxMessageBytes: number;
}

/** 1 MiB, or what the bitfield of a torrent of more than 8 million pieces needs. Unknown piece count: leave it out. */
export function maxMessageBytes(pieceCount = 0): number {
  return Math.max(1024 * 1024, 1 + bitfieldBytes(pieceCount));
}

/** Between messages the scratch buffer is no larger than this, so that an idle connection costs little. */
const IDLE_SCRATCH_BYTES = 256;

/**
 * Takes the messages out of a peer's byte stream, in chunks of any size, as they arrive after the handshake.
 *
 * The payload of a block is copied once, from the chunk to where the handler wants it. Other messages are read in the
 * chunk where they lie; only one that is split between chunks is put together in a scratch buffer, which grows with
 * the bytes that came and not with the length that was announced.
 */
export class MessageDecoder {
  readonly #handler: MessageHandler;
  readonly #maxMessageBytes: number;
  #stopped = false;

  // The first bytes of a message that is split between chunks.
  #scratch = new Uint8Array(IDLE_SCRATCH_BYTES);
  #scratchFilled = 0;

  // The block whose payload is being copied.
  #destination: Uint8Array | undefined;
  #copied = 0;
  #index = 0;
  #begin = 0;

  // What remains of a message that nobody wants.
  #skipBytes = 0;

  constructor(handler: MessageHandler, limits: MessageDecoderLimits) {
    this.#handler = handler;
    this.#maxMessageBytes = limits.maxMessageBytes;
  }

  /** Ends decoding: no callback comes after this, not even for the rest of the chunk in work. */
  stop(): void {
    this.#stopped = true;
    this.#destination = undefined;
  }

  /**
   * Decodes the next bytes of the stream. Throws WireError when they break the protocol, and what a callback threw;
   * the decoder is stopped then.
   */
  push(chunk: Uint8Array): void {
    try {
      this.#consume(chunk);
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  #consume(chunk: Uint8Array): void {
    let at = 0;
    while (!this.#stopped) {
      if (this.#destination !== undefined) {
        at = this.#copyPayload(chunk, at, this.#destination);
        if (this.#destination !== undefined) return;
      } else if (this.#skipBytes > 0) {
        const skipped = Math.min(this.#skipBytes, chunk.length - at);
        this.#skipBytes -= skipped;
        at += skipped;
        if (this.#skipBytes > 0) return;
      } else if (this.#scratchFilled > 0) {
        at = this.#completeScratch(chunk, at);
        if (this.#scratchFilled > 0) return;
      } else {
        const available = chunk.length - at;
        if (available === 0) return;
        const needed = this.#neededBytes(chunk, at, available);
        if (available < needed) {
          this.#stash(chunk, at, available, needed);
          return;
        }
        this.#act(chunk, at);
        at += needed;
      }
    }
  }

  /** Copies payload from `at` on and returns the offset behind it. */
  #copyPayload(chunk: Uint8Array, at: number, destination: Uint8Array): number {
    const bytes = Math.min(destination.length - this.#copied, chunk.length - at);
    // A plain Uint8Array view is cheaper to make than a subarray of a Buffer.
    if (bytes > 0) destination.set(new Uint8Array(chunk.buffer, chunk.byteOffset + at, bytes), this.#copied);
    this.#copied += bytes;
    const isComplete = this.#copied === destination.length;
    if (isComplete) this.#destination = undefined;
    if (bytes > 0) this.#handler.onPieceProgress?.(bytes);
    if (isComplete && !this.#stopped) this.#handler.onPieceEnd(this.#index, this.#begin, destination.length);
    return at + bytes;
  }

  /** Adds to the split message what `chunk` has of it from `at` on, acts on it when it is whole, returns the offset behind. */
  #completeScratch(chunk: Uint8Array, from: number): number {
    let at = from;
    for (;;) {
      const needed = this.#neededBytes(this.#scratch, 0, this.#scratchFilled);
      if (this.#scratchFilled === needed) {
        const message = this.#scratch;
        this.#scratchFilled = 0;
        if (message.length > IDLE_SCRATCH_BYTES) this.#scratch = new Uint8Array(IDLE_SCRATCH_BYTES);
        this.#act(message, 0);
        return at;
      }
      const bytes = Math.min(needed - this.#scratchFilled, chunk.length - at);
      if (bytes === 0) return at;
      this.#stash(chunk, at, bytes, needed);
      at += bytes;
    }
  }

  #stash(chunk: Uint8Array, at: number, bytes: number, needed: number): void {
    const filled = this.#scratchFilled + bytes;
    if (filled > this.#scratch.length) {
      const grown = new Uint8Array(Math.min(needed, Math.max(filled, 2 * this.#scratch.length)));
      grown.set(this.#scratch.subarray(0, this.#scratchFilled), 0);
      this.#scratch = grown;
    }
    this.#scratch.set(new Uint8Array(chunk.buffer, chunk.byteOffset + at, bytes), this.#scratchFilled);
    this.#scratchFilled = filled;
  }

  /**
   * How many bytes of the message at `at` must be there before it can be acted on. Of the first bytes it asks for the
   * length and type alone; the answer grows once they are among the `available` ones.
   */
  #neededBytes(bytes: Uint8Array, at: number, available: number): number {
    if (available < 4) return 4;
    const length = readUint32(bytes, at);
    if (length === 0) return 4;
    if (length > this.#maxMessageBytes) {
      throw new WireError(
        "MESSAGE_TOO_LONG",
        `a message of ${length} bytes, more than ${this.#maxMessageBytes}`,
      );
    }
    if (available < 5) return 5;
    const shape = messageShape(bytes[at + 4] as number, length);
    if (shape === "block") return PIECE_HEADER_BYTES;
    return shape === "whole" ? 4 + length : 5;
  }

  /** Reports the message at `at`, of which all bytes that `#neededBytes` asked for are there. */
  #act(bytes: Uint8Array, at: number): void {
    const length = readUint32(bytes, at);
    if (length === 0) {
      this.#handler.onKeepAlive();
      return;
    }
    const id = bytes[at + 4] as number;
    const shape = messageShape(id, length);
    if (shape === "block") {
      this.#startPiece(readUint32(bytes, at + 5), readUint32(bytes, at + 9), length - 9);
    } else if (shape === "whole") {
      dispatchMessage(this.#handler, bytes, at + 4, at + 4 + length);
    } else {
      this.#skipBytes = length - 1;
      this.#handler.onUnknown(id, length - 1);
    }
  }

  #startPiece(index: number, begin: number, length: number): void {
    const destination = this.#handler.onPieceStart(index, begin, length);
    if (this.#stopped) return;
    if (destination === undefined) {
      this.#skipBytes = length;
      return;
    }
    if (destination.length !== length) {
      throw new RangeError(`a destination of ${destination.length} bytes for a block of ${length}`);
    }
    this.#destination = destination;
    this.#copied = 0;
    this.#index = index;
    this.#begin = begin;
  }
}
