import type { PeerConnection } from "../peer/peer-connection.js";
import { PeerError } from "../peer/peer-error.js";

const KEEP_ALIVE_MS = 60_000;
/** BEP 3 peers send something every two minutes. */
const SILENCE_MS = 150_000;
/** Requests unanswered for so long, by a peer that sends nothing else, are given to others. */
const SNUB_SILENT_MS = 15_000;
/** Requests unanswered and without any payload for so long are given to others, whatever else the peer sends. */
const SNUB_MS = 60_000;
/** No honest peer takes longer than this for one block. */
const MAX_BLOCK_MS = 300_000;
/** A peer that lets requests lie this often without sending a block is left. */
const MAX_SNUBS = 3;

/** Looks after one connection: meters, keep-alive, silence. Returns true when the peer's requests should go to others. */
export function watchPeer(peer: PeerConnection, nowMs: number): boolean {
  peer.downloaded.tick(nowMs);
  peer.uploaded.tick(nowMs);
  if (nowMs - peer.transport.lastSentAtMs > KEEP_ALIVE_MS) peer.sendKeepAlive();
  // While we do not read, what seems to be silence is our own doing.
  if (peer.transport.isHeldBack) return false;
  const silentMs = nowMs - peer.transport.lastReceivedAtMs;
  if (silentMs > SILENCE_MS) {
    peer.close(new PeerError("TIMEOUT", "silent for too long"));
    return false;
  }
  const waitingMs = nowMs - (peer.inFlight.oldestSentAtMs ?? nowMs);
  const withoutPayloadMs = Math.min(waitingMs, nowMs - peer.lastPayloadAtMs);
  const isStuck = Math.min(waitingMs, silentMs) > SNUB_SILENT_MS || withoutPayloadMs > SNUB_MS;
  const blockMs = nowMs - (peer.receivingSinceMs ?? nowMs);
  const isEndless = blockMs > MAX_BLOCK_MS || (isStuck && peer.receivingSinceMs !== undefined);
  // The buffer of a block that is under way cannot be given to another peer: cut this one off instead.
  if (isEndless || (isStuck && peer.window.snubs >= MAX_SNUBS)) {
    peer.close(new PeerError("TIMEOUT", "does not send what it was asked for"));
    return false;
  }
  return isStuck;
}
