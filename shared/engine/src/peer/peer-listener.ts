import type { Bitfield } from "@swarmlab/wire/bitfield";
import type { ExtendedHandshake, MetadataMessage } from "@swarmlab/wire/extension";
import type { PeerConnection } from "./peer-connection.js";

/** What a torrent hears of its peers. */
export interface PeerListener {
  /** The peer told all that it has (`bitfield`, `have all`); `before` is what was known until now. */
  onPieces(peer: PeerConnection, before: Bitfield): void;
  onHave(peer: PeerConnection, index: number): void;
  onChoked(peer: PeerConnection): void;
  onUnchoked(peer: PeerConnection): void;
  onInterestChanged(peer: PeerConnection): void;
  onRequest(peer: PeerConnection, index: number, begin: number, length: number): void;
  onCancel(peer: PeerConnection, index: number, begin: number, length: number): void;
  /** A block begins; returns where it goes, or undefined when it is not wanted. */
  onBlockStart(peer: PeerConnection, index: number, begin: number, length: number): Uint8Array | undefined;
  onBlockEnd(peer: PeerConnection, index: number, begin: number, length: number): void;
  onBlocksSent(peer: PeerConnection, payloadBytes: number): void;
  onReject(peer: PeerConnection, index: number, begin: number, length: number): void;
  onExtendedHandshake(peer: PeerConnection, handshake: ExtendedHandshake): void;
  onMetadataMessage(peer: PeerConnection, message: MetadataMessage): void;
  /** All that came in one go has been handled: time to ask for more. */
  onChunkHandled(peer: PeerConnection): void;
  onDrain(peer: PeerConnection): void;
  onReadError(peer: PeerConnection, error: unknown): void;
  onBanned(peer: PeerConnection, reason: string): void;
  onClose(peer: PeerConnection, error: Error | undefined): void;
}
