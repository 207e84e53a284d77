/** A full Ethernet frame as tc counts it: 14 bytes of Ethernet header and an IP packet of 1500 (without preamble and FCS). */
export const FRAME_BYTES = 1514;

/** What of a full frame is the application's: 1500 less 20 bytes of IPv4 and 32 of TCP with timestamps. */
export const FRAME_PAYLOAD_BYTES = 1448;

/**
 * How much of a link's rate is left for the data of TCP streams in full frames, in bit/s. A declared rate is one of
 * frames; compare payload with payload.
 */
export function payloadBitsPerSecond(linkBitsPerSecond: number): number {
  return (linkBitsPerSecond * FRAME_PAYLOAD_BYTES) / FRAME_BYTES;
}
