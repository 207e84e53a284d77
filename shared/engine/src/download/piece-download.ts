import type { DownloadPeer } from "./download-peer.js";

const FREE = 0;
const REQUESTED = 1;
const RECEIVING = 2;
const DONE = 3;

/** One piece on its way: its buffer, and for each block where it stands and whom it came from. */
export class PieceDownload {
  readonly index: number;
  readonly buffer: Uint8Array;
  /**
   * Set after the piece failed its hash with blocks from several peers: it is fetched from one peer
   * alone, so that a second failure has one culprit.
   */
  readonly isExclusive: boolean;
  /** The only peer that may be asked, once an exclusive piece was begun. */
  exclusivePeer: DownloadPeer | undefined;
  /** Blocks that nobody was asked for. */
  freeBlocks: number;
  #doneBlocks = 0;
  readonly #states: Uint8Array;
  /** How many peers were asked for each block. */
  readonly #askedPeers: Uint8Array;
  readonly #senders: (DownloadPeer | undefined)[];
  #firstFree = 0;

  constructor(index: number, blockCount: number, buffer: Uint8Array, isExclusive: boolean) {
    this.index = index;
    this.buffer = buffer;
    this.isExclusive = isExclusive;
    this.freeBlocks = blockCount;
    this.#states = new Uint8Array(blockCount);
    this.#askedPeers = new Uint8Array(blockCount);
    this.#senders = new Array<DownloadPeer | undefined>(blockCount).fill(undefined);
  }

  get blockCount(): number {
    return this.#states.length;
  }

  get isComplete(): boolean {
    return this.#doneBlocks === this.#states.length;
  }

  /** Whether `peer` may be asked for blocks of this piece. */
  allows(peer: DownloadPeer): boolean {
    return !this.isExclusive || this.exclusivePeer === undefined || this.exclusivePeer === peer;
  }

  /** Takes the first free block for a request to `peer`; -1 when there is none. */
  takeFree(peer: DownloadPeer): number {
    for (let block = this.#firstFree; block < this.#states.length; block++) {
      if (this.#states[block] !== FREE) continue;
      this.#firstFree = block + 1;
      this.#states[block] = REQUESTED;
      this.#askedPeers[block] = 1;
      this.freeBlocks--;
      if (this.isExclusive) this.exclusivePeer = peer;
      return block;
    }
    return -1;
  }

  /** A block that another peer was asked for, but nobody sends yet, and that `mayAsk` allows; -1 when there is none. */
  findBusy(mayAsk: (block: number) => boolean, maxAskedPeers: number): number {
    for (let block = 0; block < this.#states.length; block++) {
      const isBusy = this.#states[block] === REQUESTED && (this.#askedPeers[block] ?? 0) <= maxAskedPeers;
      if (isBusy && mayAsk(block)) return block;
    }
    return -1;
  }

  askAgain(block: number): void {
    this.#askedPeers[block] = (this.#askedPeers[block] ?? 0) + 1;
  }

  isDone(block: number): boolean {
    return this.#states[block] === DONE;
  }

  /** Whether several peers were asked for the block. */
  isContested(block: number): boolean {
    return (this.#askedPeers[block] ?? 0) > 1;
  }

  /** `peer` starts to send the block straight into the buffer; false when another peer does that already. */
  startReceiving(block: number, peer: DownloadPeer): boolean {
    if (this.#states[block] !== REQUESTED || this.isContested(block)) return false;
    this.#states[block] = RECEIVING;
    this.#senders[block] = peer;
    return true;
  }

  /** Whether somebody else is sending the block straight into the buffer. */
  isReceivingFromOther(block: number, peer: DownloadPeer): boolean {
    return this.#states[block] === RECEIVING && this.#senders[block] !== peer;
  }

  /** Blocks are missing and nobody is asked for them. */
  get isIdle(): boolean {
    return !this.isComplete && this.freeBlocks + this.#doneBlocks === this.#states.length;
  }

  /** The block is in the buffer. */
  markDone(block: number, peer: DownloadPeer): void {
    if (this.#states[block] === DONE) return;
    if (this.#states[block] === FREE) this.freeBlocks--;
    this.#states[block] = DONE;
    this.#senders[block] = peer;
    this.#doneBlocks++;
  }

  /** `peer` will not send the block after all; it is free again when no other peer was asked. */
  release(block: number, peer: DownloadPeer): void {
    if (this.#states[block] === DONE || this.#states[block] === FREE) return;
    // Somebody else is writing into the buffer: a late answer to an old request must not free it.
    if (this.#states[block] === RECEIVING && this.#senders[block] !== peer) return;
    const asked = Math.max(0, (this.#askedPeers[block] ?? 0) - 1);
    this.#askedPeers[block] = asked;
    if (asked > 0) return;
    this.#states[block] = FREE;
    this.#senders[block] = undefined;
    this.freeBlocks++;
    this.#firstFree = Math.min(this.#firstFree, block);
    if (this.isExclusive && this.freeBlocks === this.#states.length) this.exclusivePeer = undefined;
  }

  /** Nothing is here and nobody is asked: the piece can be given up without a loss. */
  get isUntouched(): boolean {
    return this.freeBlocks === this.#states.length;
  }

  senderOf(block: number): DownloadPeer | undefined {
    return this.#senders[block];
  }

  /** All peers that sent a block of this piece. */
  allSenders(): Set<DownloadPeer> {
    const all = new Set<DownloadPeer>();
    for (const sender of this.#senders) if (sender !== undefined) all.add(sender);
    return all;
  }
}
