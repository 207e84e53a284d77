import type { Bitfield } from "@swarmlab/wire/bitfield";
import type { InFlight } from "./in-flight.js";
import type { PieceDownload } from "./piece-download.js";
import type { RequestWindow } from "./request-window.js";

/** A connected peer as the downloader sees it. */
export interface DownloadPeer {
  /** What the peer has. */
  readonly pieces: Bitfield;
  readonly window: RequestWindow;
  readonly inFlight: InFlight;
  /** Whether requests are answered now: the peer does not choke us. */
  readonly isChokingUs: boolean;
  /** Pieces that may be asked for even while choked (BEP 6 allowed fast). */
  readonly allowedFast: Set<number>;
  /** The piece that was last asked of this peer: it is finished before another is begun. */
  currentPiece: PieceDownload | undefined;
  /** The piece of the block that is arriving. */
  receivingPiece: PieceDownload | undefined;
  /** Requests that were rejected, while the peer did not choke us, since its last block. */
  rejects: number;
  /** Nothing is asked of the peer before this time. */
  heldUntilMs: number;
  /** Whether a cancelled request is still answered, by the block or a reject (BEP 6). */
  readonly answersCancels: boolean;
  request(index: number, begin: number, length: number): void;
  cancel(index: number, begin: number, length: number): void;
  /** Says on which ground the peer is cut off and kept away. */
  ban(reason: string): void;
}
