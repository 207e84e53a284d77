import type { UdpConnectionId } from "@swarmlab/tracker-protocol/udp-request";
import { sipHash } from "./sip-hash.js";

/** BEP 15: an id is accepted for two minutes after it was given; ours hold up to twice that. */
const slotMs = 120_000;

/**
 * Gives and checks the connection ids of BEP 15 without remembering any: an id is a keyed hash of the client's address
 * and the time in slots of two minutes. Only who receives at an address learns the id for it, so nobody can announce
 * with another's address or have answers sent there.
 */
export class ConnectionIds {
  readonly #secret: Uint8Array;
  readonly #nowMs: () => number;
  /** 16 bytes of address, IPv4 padded, then the slot. */
  readonly #message = new Uint8Array(20);

  /** `secret` is 16 random bytes; `nowMs` is monotonic. */
  constructor(secret: Uint8Array, nowMs: () => number) {
    this.#secret = secret;
    this.#nowMs = nowMs;
  }

  /** The id for an address of 4 or 16 bytes, now. */
  issue(ip: Uint8Array): UdpConnectionId {
    return this.#idIn(this.#slot(), ip);
  }

  /** Whether the id was given to this address in this slot or the one before. */
  accepts(id: UdpConnectionId, ip: Uint8Array): boolean {
    const slot = this.#slot();
    return isSame(id, this.#idIn(slot, ip)) || isSame(id, this.#idIn(slot - 1, ip));
  }

  #slot(): number {
    return Math.floor(this.#nowMs() / slotMs);
  }

  #idIn(slot: number, ip: Uint8Array): UdpConnectionId {
    this.#message.fill(0, ip.length, 16);
    this.#message.set(ip);
    for (let i = 0; i < 4; i++) this.#message[16 + i] = slot >>> (8 * i);
    return sipHash(this.#secret, this.#message);
  }
}

function isSame(a: UdpConnectionId, b: UdpConnectionId): boolean {
  return a.low === b.low && a.high === b.high;
}
