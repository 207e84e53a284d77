import { createHash } from "node:crypto";
import { METADATA_PIECE_BYTES, type MetadataMessage } from "@swarmlab/wire/extension";
import type { Clock } from "../ports/clock.js";

/** Requests outstanding at the peer that is asked. */
const WINDOW = 16;
/** A peer that sends nothing for this long is given up. */
const PATIENCE_MS = 8_000;
/** The whole may take this long, and what it takes at the slowest rate that is put up with. */
const ATTEMPT_MS = 30_000;
const MIN_BYTES_PER_SECOND = 50_000;

/** A connected peer as the fetcher sees it. */
export interface MetadataPeer {
  /** The size of the info dictionary that the peer says it has; bounded by the wire codec. */
  readonly metadataBytes: number | undefined;
  sendMetadata(message: MetadataMessage): void;
  ban(reason: string): void;
}

interface Attempt {
  readonly peer: MetadataPeer;
  readonly bytes: Uint8Array;
  readonly received: Uint8Array;
  readonly pieceCount: number;
  nextPiece: number;
  missing: number;
  lastProgressMs: number;
  readonly deadlineMs: number;
}

/**
 * Fetches the info dictionary of a magnet link from peers (BEP 9). One peer at a time is asked for all of it:
 * if the hash is wrong, the culprit is known.
 */
export class MetadataFetcher {
  readonly #infoHash: Uint8Array;
  readonly #clock: Clock;
  readonly #onFetched: (infoBytes: Uint8Array) => void;
  readonly #peers = new Set<MetadataPeer>();
  #attempt: Attempt | undefined;
  #isDone = false;

  constructor(infoHash: Uint8Array, clock: Clock, onFetched: (infoBytes: Uint8Array) => void) {
    this.#infoHash = infoHash;
    this.#clock = clock;
    this.#onFetched = onFetched;
  }

  /** A peer that says it has the metadata. */
  addPeer(peer: MetadataPeer): void {
    if (peer.metadataBytes === undefined || this.#isDone) return;
    this.#peers.add(peer);
    if (this.#attempt === undefined) this.#askNext();
  }

  removePeer(peer: MetadataPeer): void {
    this.#peers.delete(peer);
    if (this.#attempt?.peer === peer) this.#askNext();
  }

  onMessage(peer: MetadataPeer, message: MetadataMessage): void {
    const attempt = this.#attempt;
    if (attempt?.peer !== peer || message.type === "request") return;
    if (message.type === "reject") {
      this.removePeer(peer);
      return;
    }
    if (message.totalBytes !== attempt.bytes.length || message.piece >= attempt.pieceCount) return;
    if (attempt.received[message.piece] === 1) return;
    attempt.received[message.piece] = 1;
    attempt.bytes.set(message.data, message.piece * METADATA_PIECE_BYTES);
    attempt.missing--;
    attempt.lastProgressMs = this.#clock.nowMs();
    if (attempt.missing === 0) this.#finish(attempt);
    else this.#request(attempt, 1);
  }

  /** Gives up a silent peer. Call it now and then. */
  tick(nowMs: number): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    if (nowMs - attempt.lastProgressMs < PATIENCE_MS && nowMs < attempt.deadlineMs) return;
    // It goes to the end of the line: it may only be slow.
    this.#peers.delete(attempt.peer);
    this.#peers.add(attempt.peer);
    this.#askNext();
  }

  #askNext(): void {
    this.#attempt = undefined;
    const [peer] = this.#peers;
    if (peer?.metadataBytes === undefined) return;
    const nowMs = this.#clock.nowMs();
    const pieceCount = Math.ceil(peer.metadataBytes / METADATA_PIECE_BYTES);
    this.#attempt = {
      peer,
      bytes: new Uint8Array(peer.metadataBytes),
      received: new Uint8Array(pieceCount),
      pieceCount,
      nextPiece: 0,
      missing: pieceCount,
      lastProgressMs: nowMs,
      deadlineMs: nowMs + ATTEMPT_MS + (peer.metadataBytes / MIN_BYTES_PER_SECOND) * 1000,
    };
    this.#request(this.#attempt, WINDOW);
  }

  #request(attempt: Attempt, count: number): void {
    for (let i = 0; i < count && attempt.nextPiece < attempt.pieceCount; i++) {
      attempt.peer.sendMetadata({ type: "request", piece: attempt.nextPiece++ });
    }
  }

  #finish(attempt: Attempt): void {
    const digest = createHash("sha1").update(attempt.bytes).digest();
    if (digest.equals(this.#infoHash)) {
      this.#isDone = true;
      this.#attempt = undefined;
      this.#onFetched(attempt.bytes);
      return;
    }
    this.#peers.delete(attempt.peer);
    attempt.peer.ban("sent metadata with a wrong hash");
    this.#askNext();
  }
}
