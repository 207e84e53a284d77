/** The parts of an answer to an announce, ready to be written; peers are packed (BEP 23, BEP 7). */
export interface CompactAnnounceResponse {
  readonly intervalSeconds: number;
  readonly minIntervalSeconds: number;
  readonly seeders: number;
  readonly leechers: number;
  readonly peers: Uint8Array;
  readonly peers6: Uint8Array;
}

/** The most bytes that {@link writeCompactAnnounceResponse} writes beside the peers themselves. */
export const compactResponseOverheadBytes = 160;

/**
 * Writes the bencoded answer into `target` at `offset` and returns where it ends. It is written by hand, keys in
 * their sorted order, because a tracker answers little else all day.
 */
export function writeCompactAnnounceResponse(
  target: Buffer,
  offset: number,
  response: CompactAnnounceResponse,
): number {
  let at = writeAscii(target, offset, "d8:completei");
  at = writeDecimal(target, at, response.seeders);
  at = writeAscii(target, at, "e10:incompletei");
  at = writeDecimal(target, at, response.leechers);
  at = writeAscii(target, at, "e8:intervali");
  at = writeDecimal(target, at, response.intervalSeconds);
  at = writeAscii(target, at, "e12:min intervali");
  at = writeDecimal(target, at, response.minIntervalSeconds);
  at = writeAscii(target, at, "e5:peers");
  at = writeString(target, at, response.peers);
  if (response.peers6.length > 0) {
    at = writeAscii(target, at, "6:peers6");
    at = writeString(target, at, response.peers6);
  }
  return writeAscii(target, at, "e");
}

/** Writes ASCII text; a loop, as calling into native code costs more than these few characters. */
export function writeAscii(target: Buffer, offset: number, text: string): number {
  for (let i = 0; i < text.length; i++) target[offset + i] = text.charCodeAt(i);
  return offset + text.length;
}

/** Writes a whole number from 0 in decimal. */
export function writeDecimal(target: Buffer, offset: number, value: number): number {
  return writeAscii(target, offset, String(value));
}

function writeString(target: Buffer, offset: number, bytes: Uint8Array): number {
  const at = writeAscii(target, writeDecimal(target, offset, bytes.length), ":");
  target.set(bytes, at);
  return at + bytes.length;
}
