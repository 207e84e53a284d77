import type { PeerEvent } from "./peer-event.js";
import { formatBitRate, formatBytes } from "./quantities.js";

/** `12.5 MiB of 64.0 MiB, down 8.1 Mbit/s, up 2.0 Mbit/s, 5 peers`. */
export function statusLine(progress: Extract<PeerEvent, { event: "progress" }>, totalBytes: number): string {
  const { verifiedBytes, downBitsPerSecond, upBitsPerSecond, peers } = progress;
  return [
    `${formatBytes(verifiedBytes)} of ${formatBytes(totalBytes)}`,
    `down ${formatBitRate(downBitsPerSecond)}`,
    `up ${formatBitRate(upBitsPerSecond)}`,
    `${peers} ${peers === 1 ? "peer" : "peers"}`,
  ].join(", ");
}
