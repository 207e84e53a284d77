/**
 * What a message decoder found, in the order of the stream.
 * Byte arrays are only valid during the call: their memory is used again.
 */
export interface MessageHandler {
  onKeepAlive(): void;
  onChoke(): void;
  onUnchoke(): void;
  onInterested(): void;
  onNotInterested(): void;
  onHave(index: number): void;
  /** The bits as sent; whether they fit the torrent is for `Bitfield.fromWire` to say. */
  onBitfield(bytes: Uint8Array): void;
  onRequest(index: number, begin: number, length: number): void;
  /**
   * A block begins. Returns where its `length` bytes go (exactly that many), or undefined to have them skipped;
   * of a skipped block nothing more is heard.
   */
  onPieceStart(index: number, begin: number, length: number): Uint8Array | undefined;
  /** `bytes` more of the block are in their place: for metering the rate. */
  onPieceProgress?(bytes: number): void;
  /** The whole block is in its place. */
  onPieceEnd(index: number, begin: number, length: number): void;
  onCancel(index: number, begin: number, length: number): void;
  onPort(port: number): void;
  onSuggest(index: number): void;
  onHaveAll(): void;
  onHaveNone(): void;
  onReject(index: number, begin: number, length: number): void;
  onAllowedFast(index: number): void;
  onExtended(extendedId: number, payload: Uint8Array): void;
  /** A message type that this codec does not know; its `length` bytes (id not counted) are skipped. */
  onUnknown(id: number, length: number): void;
}
