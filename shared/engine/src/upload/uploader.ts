import { encodePieceHeader } from "@swarmlab/wire/messages";
import type { RateLimiter } from "../session/rate-limiter.js";
import type { UploadQueue } from "./upload-queue.js";

/** Payload that is handed to the network in one write. */
const BATCH_BYTES = 256 * 1024;

/** A block's bytes, lent until `release`. */
export interface BlockLease {
  readonly bytes: Uint8Array;
  release(): void;
}

export interface BlockSource {
  /** Lends a block; at once when it is in memory. */
  readBlock(index: number, begin: number, length: number): BlockLease | Promise<BlockLease>;
}

/** A connected peer as the uploader sees it. */
export interface UploadPeer {
  readonly uploads: UploadQueue;
  readonly isClosed: boolean;
  /** Bytes that the network has not taken yet. */
  readonly bufferedBytes: number;
  /** How many of them are enough to keep the link busy. */
  readonly sendWatermarkBytes: number;
  /** Sends piece messages; `payloadBytes` of the buffers are payload. */
  sendBlocks(buffers: readonly Uint8Array[], payloadBytes: number, onSent: () => void): void;
  /** A block cannot be read. */
  onReadError(error: unknown): void;
}

/** Answers the requests of peers, each in order, as fast as their connections and the upload limit allow. */
export class Uploader {
  readonly #source: BlockSource;
  readonly #limiter: RateLimiter;
  /** Peers for which a block is being read, or that wait for the upload limit. */
  readonly #busy = new Set<UploadPeer>();

  constructor(source: BlockSource, limiter: RateLimiter) {
    this.#source = source;
    this.#limiter = limiter;
  }

  /** Sends what can be sent to `peer` now. Call it when a request came and when its connection drained. */
  pump(peer: UploadPeer): void {
    while (this.#sendBatch(peer)) {
      // Until the queue is empty, or the connection or the limit has enough.
    }
  }

  /** Sends one batch; true when another may follow at once. */
  #sendBatch(peer: UploadPeer): boolean {
    if (this.#busy.has(peer) || peer.isClosed) return false;
    const buffers: Uint8Array[] = [];
    const leases: BlockLease[] = [];
    let payloadBytes = 0;
    let mayContinue = true;
    const roomBytes = Math.min(BATCH_BYTES, peer.sendWatermarkBytes - peer.bufferedBytes);
    while (payloadBytes < roomBytes && peer.uploads.size > 0) {
      if (!this.#limiter.tryTake(peer.uploads.nextLength)) {
        this.#busy.add(peer);
        this.#limiter.whenAvailable(() => this.#resume(peer));
        mayContinue = false;
        break;
      }
      const request = peer.uploads.shift();
      if (request === undefined) break;
      const lease = this.#source.readBlock(request.index, request.begin, request.length);
      if (lease instanceof Promise) {
        this.#busy.add(peer);
        void this.#sendWhenRead(peer, request.index, request.begin, lease);
        mayContinue = false;
        break;
      }
      buffers.push(encodePieceHeader(request.index, request.begin, lease.bytes.length), lease.bytes);
      leases.push(lease);
      payloadBytes += lease.bytes.length;
    }
    if (leases.length === 0) return false;
    peer.sendBlocks(buffers, payloadBytes, () => {
      for (const lease of leases) lease.release();
    });
    return mayContinue && payloadBytes >= roomBytes && peer.bufferedBytes < peer.sendWatermarkBytes;
  }

  async #sendWhenRead(peer: UploadPeer, index: number, begin: number, reading: Promise<BlockLease>) {
    try {
      const lease = await reading;
      if (peer.isClosed) {
        lease.release();
        return;
      }
      const header = encodePieceHeader(index, begin, lease.bytes.length);
      peer.sendBlocks([header, lease.bytes], lease.bytes.length, () => lease.release());
    } catch (error) {
      peer.onReadError(error);
    } finally {
      this.#resume(peer);
    }
  }

  #resume(peer: UploadPeer): void {
    this.#busy.delete(peer);
    this.pump(peer);
  }
}
