/** What a remote peer did wrong; each of them is a reason to close the connection. */
export type WireErrorCode =
  /** A length prefix above the limit of the decoder. */
  | "MESSAGE_TOO_LONG"
  /** A length that the message type does not allow. */
  | "BAD_MESSAGE_LENGTH"
  /** A bitfield of another size than the torrent's, or with spare bits set. */
  | "BAD_BITFIELD"
  /** The first bytes are not those of a BitTorrent handshake. */
  | "BAD_HANDSHAKE"
  /** A BEP 10 or BEP 9 payload that cannot be read. */
  | "BAD_EXTENSION_MESSAGE";

/** Bytes of a remote peer that break the peer wire protocol. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly code: WireErrorCode;

  constructor(code: WireErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
