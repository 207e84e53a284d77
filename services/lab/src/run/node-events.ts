import { z } from "zod";

const name = z.string().min(1);
const bytes = z.number().nonnegative();
const bitsPerSecond = z.number().nonnegative();

/** What a tracker says on its standard output, one JSON object a line. */
export const trackerEventSchema = z.discriminatedUnion("event", [
  z.object({ event: z.literal("ready"), http: z.url() }),
]);
export type TrackerEvent = z.output<typeof trackerEventSchema>;

/** What a peer says on its standard output, one JSON object a line, as far as the lab listens. */
export const peerEventSchema = z.discriminatedUnion("event", [
  z.object({ event: z.literal("ready"), backend: z.enum(["userspace", "none"]) }),
  z.object({
    event: z.literal("torrent"),
    infoHash: z.string().regex(/^[0-9a-f]{40}$/),
    name,
    totalBytes: bytes,
    pieceCount: z.number().int().nonnegative(),
  }),
  z.object({
    event: z.literal("progress"),
    verifiedBytes: bytes,
    downloadedBytes: bytes,
    uploadedBytes: bytes,
    downBitsPerSecond: bitsPerSecond,
    upBitsPerSecond: bitsPerSecond,
    peers: z.number().int().nonnegative(),
  }),
  z.object({ event: z.literal("complete"), path: name }),
  z.object({ event: z.literal("banned") }),
  z.object({ event: z.literal("disk-trouble") }),
  z.object({ event: z.literal("stopped"), uploadedBytes: bytes, downloadedBytes: bytes }),
  z.object({ event: z.literal("error"), code: z.string(), message: z.string() }),
]);
export type PeerEvent = z.output<typeof peerEventSchema>;

/** How a node's link is emulated. */
export type LinkBackend = Extract<PeerEvent, { event: "ready" }>["backend"];
