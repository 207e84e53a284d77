import type { TorrentInfo } from "@swarmlab/metainfo/info";
import type { Clock } from "../ports/clock.js";
import type { Disk, Hasher } from "../ports/disk.js";
import type { DiskEvents } from "./ordered-writer.js";
import type { ResumeState } from "./resume-file.js";

interface StorageEvents extends DiskEvents {
  /** There is room again for more pieces, after `isCongested` was true. */
  onBacklogDrained(): void;
  /** No resume file was written: harmless, the content is checked again next time. */
  onResumeNotSaved(error: unknown): void;
}

export interface StorageOptions {
  readonly info: TorrentInfo;
  /** Where the torrent's file or folder is, or will be; absolute. */
  readonly directory: string;
  readonly disk: Disk;
  readonly hasher: Hasher;
  readonly clock: Clock;
  /** `download` writes what is missing, `seed` never writes to the content. */
  readonly mode: "download" | "seed";
  readonly events?: Partial<StorageEvents>;
  /** Stops the check of what is there; `open` rejects with its reason. */
  readonly signal?: AbortSignal;
  /** How far that check is. */
  readonly onProgress?: (checkedBytes: number, totalBytes: number) => void;
  /** What was just found out by hashing the content, so that it is not hashed twice. */
  readonly resumeState?: ResumeState;
  /** How many bytes stay in memory for readers that nobody uses just now. Default 16 MiB. */
  readonly cacheBytes?: number;
  /** From how many bytes on that wait to be written the storage is congested. Default 32 MiB, at least four pieces. */
  readonly maxBacklogBytes?: number;
}
