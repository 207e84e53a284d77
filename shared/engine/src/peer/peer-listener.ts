import type { ExtendedHandshake, MetadataMessage } from "@swarmlab/wire/extension";
import type { PeerConnection } from "./peer-connection.js";

/** What a torrent hears of its peers. */
export interface PeerListener {
  /** What the peer has is known, whole (`bitfield`, `have all`, `have none`, or their absence). */
  onPieces(peer: PeerConnection): void;
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
