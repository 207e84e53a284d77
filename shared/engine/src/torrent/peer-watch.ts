import type { PeerConnection } from "../peer/peer-connection.js";
import { PeerError } from "../peer/peer-error.js";

const KEEP_ALIVE_MS = 60_000;
/** BEP 3 peers send something every two minutes. */
const SILENCE_MS = 150_000;
/** Requests unanswered for so long, by a peer that sends nothing else, are given to others. */
const SNUB_SILENT_MS = 15_000;
/** Requests unanswered for so long are given to others, whatever else the peer sends. */
const SNUB_MS = 60_000;
/** A block that takes longer than this to arrive holds up its piece on purpose. */
const BLOCK_MS = 60_000;

/** Looks after one connection: meters, keep-alive, silence. Returns true when the peer's requests should go to others. */
export function watchPeer(peer: PeerConnection, nowMs: number): boolean {
  peer.downloaded.tick(nowMs);
  peer.uploaded.tick(nowMs);
  const { lastReceivedAtMs, lastSentAtMs } = peer.transport;
  if (nowMs - lastSentAtMs > KEEP_ALIVE_MS) peer.sendKeepAlive();
  if (nowMs - lastReceivedAtMs > SILENCE_MS) {
    peer.close(new PeerError("TIMEOUT", "silent for too long"));
    return false;
  }
  const oldestMs = peer.inFlight.oldestSentAtMs;
  if (oldestMs === undefined) return false;
  const silentMs = nowMs - lastReceivedAtMs;
  const isStuck = nowMs - oldestMs > (silentMs > SNUB_SILENT_MS ? SNUB_SILENT_MS : SNUB_MS);
  const receivingMs = peer.receivingSinceMs === undefined ? 0 : nowMs - peer.receivingSinceMs;
  // The buffer of a block that is under way cannot be given to another peer: cut this one off instead.
  if (receivingMs > BLOCK_MS || (isStuck && peer.receivingSinceMs !== undefined)) {
    peer.close(new PeerError("TIMEOUT", "a block that does not end"));
    return false;
  }
  return isStuck && !peer.window.isSnubbed;
}
