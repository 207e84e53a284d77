import { WireError } from "./wire-error.js";

/** The first message of each side (BEP 3). */
export interface Handshake {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** 20 bytes. */
  readonly peerId: Uint8Array;
  /** 8 bytes of feature bits. */
  readonly reserved: Uint8Array;
}

/** The features that the reserved bits of a handshake can announce. */
export interface HandshakeFeatures {
  /** The extension protocol (BEP 10), bit 20 from the right. */
  readonly extensions?: boolean;
  /** The fast extension (BEP 6), bit 2 from the right. */
  readonly fast?: boolean;
  /** The DHT's port message (BEP 5), bit 0 from the right. */
  readonly dht?: boolean;
}

/** The size of every handshake. */
const HANDSHAKE_BYTES = 68;

// The length of the protocol's name, and the name.
const PREFIX = Uint8Array.from("\x13BitTorrent protocol", (character) => character.charCodeAt(0));
const RESERVED_OFFSET = PREFIX.length;
const INFO_HASH_OFFSET = RESERVED_OFFSET + 8;
const PEER_ID_OFFSET = INFO_HASH_OFFSET + 20;

/** The 68 bytes of a handshake. Throws RangeError on a field of the wrong size. */
export function encodeHandshake(handshake: Handshake): Uint8Array {
  requireSize("reserved", handshake.reserved, 8);
  requireSize("infoHash", handshake.infoHash, 20);
  requireSize("peerId", handshake.peerId, 20);
  const bytes = new Uint8Array(HANDSHAKE_BYTES);
  bytes.set(PREFIX, 0);
  bytes.set(handshake.reserved, RESERVED_OFFSET);
  bytes.set(handshake.infoHash, INFO_HASH_OFFSET);
  bytes.set(handshake.peerId, PEER_ID_OFFSET);
  return bytes;
}

/** Collects one handshake out of a stream and leaves what follows it alone. */
export class HandshakeReader {
  readonly #bytes = new Uint8Array(HANDSHAKE_BYTES);
  #filled = 0;

  /** What was read, once all 68 bytes are there. */
  get handshake(): Handshake | undefined {
    if (this.#filled < HANDSHAKE_BYTES) return undefined;
    return {
      reserved: this.#bytes.slice(RESERVED_OFFSET, INFO_HASH_OFFSET),
      infoHash: this.#bytes.slice(INFO_HASH_OFFSET, PEER_ID_OFFSET),
      peerId: this.#bytes.slice(PEER_ID_OFFSET),
    };
  }

  /**
   * Takes what the handshake still lacks and returns how many bytes of `chunk` that were; the rest belongs to the
   * message decoder. Throws WireError `BAD_HANDSHAKE` at the first byte that no handshake can have.
   */
  push(chunk: Uint8Array): number {
    const taken = Math.min(chunk.length, HANDSHAKE_BYTES - this.#filled);
    for (let i = 0; i < taken; i++) {
      const at = this.#filled + i;
      const byte = chunk[i] as number;
      if (at < PREFIX.length && byte !== PREFIX[at]) {
        throw new WireError("BAD_HANDSHAKE", `byte ${at} of the handshake is ${byte}, not ${PREFIX[at]}`);
      }
      this.#bytes[at] = byte;
    }
    this.#filled += taken;
    return taken;
  }
}

/** The reserved bytes that announce `features`. */
export function encodeReserved(features: HandshakeFeatures): Uint8Array {
  const reserved = new Uint8Array(8);
  if (features.extensions) reserved[5] = 0x10;
  reserved[7] = (features.fast ? 0x04 : 0) | (features.dht ? 0x01 : 0);
  return reserved;
}

/** Whether the sender speaks the extension protocol (BEP 10). */
export function supportsExtensions(reserved: Uint8Array): boolean {
  return ((reserved[5] ?? 0) & 0x10) !== 0;
}

/** Whether the sender speaks the fast extension (BEP 6). */
export function supportsFast(reserved: Uint8Array): boolean {
  return ((reserved[7] ?? 0) & 0x04) !== 0;
}

/** Whether the sender runs a DHT node (BEP 5). */
export function supportsDht(reserved: Uint8Array): boolean {
  return ((reserved[7] ?? 0) & 0x01) !== 0;
}

function requireSize(field: string, bytes: Uint8Array, size: number): void {
  if (bytes.length !== size) throw new RangeError(`${field} has ${bytes.length} bytes instead of ${size}`);
}
