export type PeerErrorCode =
  /** The peer broke the protocol. */
  | "PROTOCOL"
  /** The peer was silent, or sent nothing that it had been asked for, for too long. */
  | "TIMEOUT"
  /** The connection leads to ourselves. */
  | "SELF"
  /** There is another connection to the same peer. */
  | "DUPLICATE"
  /** The peer serves another torrent, or none that we know. */
  | "WRONG_TORRENT"
  /** The peer sent bad data, now or earlier. */
  | "BANNED"
  /** Both sides have everything. */
  | "REDUNDANT"
  /** As many connections as allowed are open. */
  | "FULL"
  /** The torrent is paused or closed. */
  | "SHUTDOWN";

/** Why we close a connection to a peer. */
export class PeerError extends Error {
  override readonly name = "PeerError";
  readonly code: PeerErrorCode;

  constructor(code: PeerErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
