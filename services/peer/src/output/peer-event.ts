import type { LinkBackend } from "@swarmlab/agent-api/self-link";

/** What a peer tells on standard output; with `--json` each is one line. Rates count payload. */
export type PeerEvent =
  /** The agent's link is in place: before `ready`, and again when the agent has changed or forgotten it. */
  | {
      readonly event: "link";
      readonly node: string;
      /** As it was declared, in the notation of `--link`. */
      readonly link: string;
      readonly backend: LinkBackend;
      readonly region: string | null;
      readonly revision: number | null;
      /** The median through this peer's own emulation; null when it does not emulate the link. */
      readonly measuredRttMs: number | null;
    }
  /** Peers and the control side may connect. */
  | {
      readonly event: "ready";
      readonly node: string;
      /** `ADDR:PORT`; loopback when all addresses are meant. */
      readonly listen: string;
      /** `http://ADDR:PORT`. */
      readonly control: string;
      /** As it was declared. */
      readonly link: string;
      /** What makes the link. */
      readonly backend: LinkBackend;
    }
  /** A torrent is being made. */
  | { readonly event: "hashing"; readonly hashedBytes: number; readonly totalBytes: number }
  /** The torrent's metadata is known. */
  | {
      readonly event: "torrent";
      /** Hexadecimal. */
      readonly infoHash: string;
      readonly name: string;
      readonly totalBytes: number;
      readonly pieceCount: number;
      readonly magnet: string;
    }
  /** What is on the disk is compared with the hashes. */
  | { readonly event: "checking"; readonly checkedBytes: number; readonly totalBytes: number }
  /** Once a second while something is downloaded or uploaded. */
  | {
      readonly event: "progress";
      readonly verifiedBytes: number;
      readonly downloadedBytes: number;
      readonly uploadedBytes: number;
      readonly downBitsPerSecond: number;
      readonly upBitsPerSecond: number;
      readonly peers: number;
    }
  /** A leecher has everything, verified and on the disk. */
  | {
      readonly event: "complete";
      readonly infoHash: string;
      readonly name: string;
      /** Of the file or folder; absolute. */
      readonly path: string;
      /** Since the torrent was begun. */
      readonly seconds: number;
    }
  | { readonly event: "seeding"; readonly infoHash: string; readonly name: string }
  | { readonly event: "banned"; readonly peer: string; readonly reason: string }
  | { readonly event: "disk-trouble"; readonly message: string }
  | { readonly event: "disk-recovered" }
  | { readonly event: "stopped"; readonly uploadedBytes: number; readonly downloadedBytes: number }
  | { readonly event: "error"; readonly code: string; readonly message: string };
