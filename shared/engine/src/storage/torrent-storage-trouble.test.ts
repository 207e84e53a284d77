import { pieceSizeBytes } from "@swarmlab/metainfo/info";
import { describe, expect, it } from "vitest";
import { NodeClock } from "../node/node-clock.js";
import { MemoryDisk } from "../simulation/memory-disk.js";
import { InlineHasher } from "./inline-hasher.js";
import { resumePath } from "./resume-file.js";
import type { StorageOptions } from "./storage-options.js";
import { ManualClock } from "./testing/manual-clock.js";
import { type SampleTorrent, sampleTorrent } from "./testing/sample-torrent.js";
import { TorrentStorage } from "./torrent-storage.js";

const PIECE = 16_384;
const FILE = "/data/sample";

function open(disk: MemoryDisk, { info }: SampleTorrent, options: Partial<StorageOptions> = {}) {
  return TorrentStorage.open({
    info,
    directory: "/data",
    disk,
    hasher: new InlineHasher(),
    clock: new ManualClock(),
    mode: "download",
    ...options,
  });
}

async function commit(storage: TorrentStorage, { info, data }: SampleTorrent, index: number) {
  const buffer = storage.acquirePieceBuffer();
  const start = index * info.pieceLength;
  buffer.set(data.subarray(start, start + pieceSizeBytes(info, index)));
  expect(await storage.commitPiece(index, buffer)).toBe("verified");
}

/** A promise for an event that has yet to come. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
}

const indexes = (storage: TorrentStorage) =>
  Array.from({ length: storage.havePieces.length }, (_, i) => i).filter((i) => storage.havePieces.has(i));

describe("a full disk", () => {
  it("holds pieces back, tells so once, and loses nothing when there is room again", async () => {
    const torrent = sampleTorrent(8 * PIECE, PIECE);
    const disk = new MemoryDisk({ capacityBytes: 3 * PIECE });
    const told: string[] = [];
    const drained = deferred<void>();
    const full = deferred<void>();
    const storage = await open(disk, torrent, {
      clock: new NodeClock(),
      maxBacklogBytes: 4 * PIECE,
      events: {
        onDiskTrouble: (error) => {
          told.push(error.code);
          full.resolve();
        },
        onDiskRecovered: () => told.push("recovered"),
        onBacklogDrained: () => drained.resolve(),
      },
    });
    for (let index = 0; index < 8; index++) await commit(storage, torrent, index);
    await full.promise;
    expect(storage.isCongested).toBe(true);
    expect(storage.backlogBytes).toBe(5 * PIECE);
    // What waits can be read meanwhile.
    const lease = await storage.readBlock(7, 0, PIECE);
    expect(Buffer.from(lease.bytes).equals(torrent.data.subarray(7 * PIECE))).toBe(true);
    lease.release();
    disk.capacityBytes = 100 * PIECE;
    await drained.promise;
    await storage.flush();
    expect(storage.isCongested).toBe(false);
    expect(storage.backlogBytes).toBe(0);
    expect(told).toEqual(["DISK_FULL", "recovered"]);
    expect(Buffer.from((await disk.readFile(FILE, 1e6)) ?? []).equals(torrent.data)).toBe(true);
    await storage.close();
  });

  it("does not keep the storage from closing, and nothing unwritten is claimed afterwards", async () => {
    const torrent = sampleTorrent(8 * PIECE, PIECE);
    const disk = new MemoryDisk({ capacityBytes: 3 * PIECE });
    const storage = await open(disk, torrent);
    for (let index = 0; index < 8; index++) await commit(storage, torrent, index);
    await storage.close();
    disk.capacityBytes = 100 * PIECE;
    const again = await open(disk, torrent);
    expect(indexes(again)).toEqual([0, 1, 2]);
    await again.close();
  });

  it("is told apart from a disk that fails", async () => {
    const torrent = sampleTorrent(PIECE, PIECE);
    const disk = new MemoryDisk();
    const trouble = deferred<string>();
    const events = { onDiskTrouble: (error: { code: string }) => trouble.resolve(error.code) };
    const storage = await open(disk, torrent, { events });
    disk.writeError = "EIO";
    await commit(storage, torrent, 0);
    expect(await trouble.promise).toBe("DISK_ERROR");
    const flushing = storage.flush();
    await storage.close();
    await expect(flushing).rejects.toMatchObject({ code: "CLOSED" });
  });

  it("is tried again less and less often", async () => {
    const torrent = sampleTorrent(PIECE, PIECE);
    const disk = new MemoryDisk();
    disk.writeError = "EIO";
    const clock = new ManualClock();
    const trouble = deferred<void>();
    const recovered = deferred<void>();
    const storage = await open(disk, torrent, {
      clock,
      events: { onDiskTrouble: () => trouble.resolve(), onDiskRecovered: () => recovered.resolve() },
    });
    await commit(storage, torrent, 0);
    await trouble.promise;
    for (const delayMs of [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
      await untilTimer(clock);
      clock.advance(delayMs - 1);
      expect(clock.timerCount).toBe(1);
      clock.advance(1);
      expect(clock.timerCount).toBe(0);
    }
    await untilTimer(clock);
    disk.writeError = undefined;
    clock.advance(10_000);
    await recovered.promise;
    await storage.close();
  });
});

/** Until the next retry is planned; what comes before is all in microtasks. */
async function untilTimer(clock: ManualClock): Promise<void> {
  for (let turn = 0; clock.timerCount === 0; turn++) {
    if (turn > 1000) throw new Error("no retry was planned");
    await Promise.resolve();
  }
}

describe("after a power cut", () => {
  it("nothing is trusted that was not synced", async () => {
    const torrent = sampleTorrent(8 * PIECE, PIECE);
    const disk = new MemoryDisk();
    const storage = await open(disk, torrent);
    for (const index of [0, 1, 2]) await commit(storage, torrent, index);
    await storage.flush();
    for (const index of [5, 6]) await commit(storage, torrent, index);
    while (storage.backlogBytes > 0) await Promise.resolve();
    disk.cutPower();
    const again = await open(disk, torrent);
    expect(indexes(again)).toEqual([0, 1, 2]);
    const lease = await again.readBlock(2, 0, PIECE);
    expect(Buffer.from(lease.bytes).equals(torrent.data.subarray(2 * PIECE, 3 * PIECE))).toBe(true);
  });

  it("a resume file that was saved in time is trusted without a check", async () => {
    const torrent = sampleTorrent(8 * PIECE, PIECE);
    const disk = new MemoryDisk();
    const clock = new ManualClock();
    const storage = await open(disk, torrent, { clock });
    await commit(storage, torrent, 3);
    while (storage.backlogBytes > 0) await Promise.resolve();
    const path = resumePath("/data", torrent.info);
    clock.advance(4_999);
    expect(await disk.status(path)).toBeUndefined();
    clock.advance(1);
    for (let turn = 0; turn < 100 && (await disk.status(path)) === undefined; turn++) await Promise.resolve();
    disk.cutPower();
    let isChecked = false;
    const onProgress = () => {
      isChecked = true;
    };
    const again = await open(disk, torrent, { onProgress });
    expect(indexes(again)).toEqual([3]);
    expect(isChecked).toBe(false);
  });
});

describe("a resume file", () => {
  async function downloaded(torrent: SampleTorrent): Promise<MemoryDisk> {
    const disk = new MemoryDisk();
    const storage = await open(disk, torrent);
    for (let index = 0; index < torrent.info.pieceCount; index++) await commit(storage, torrent, index);
    await storage.close();
    return disk;
  }

  it("is not trusted when a file was changed behind our back", async () => {
    const torrent = sampleTorrent(4 * PIECE, PIECE);
    const disk = await downloaded(torrent);
    const file = await disk.open(FILE, "read-write");
    await file.write(new Uint8Array(1), 2 * PIECE + 7);
    await file.write(new Uint8Array([1]), 2 * PIECE + 7);
    expect(indexes(await open(disk, torrent))).toEqual([0, 1, 3]);
  });

  it("is not trusted when a file is gone", async () => {
    const torrent = sampleTorrent(4 * PIECE, PIECE);
    const disk = await downloaded(torrent);
    await disk.remove(FILE);
    expect(indexes(await open(disk, torrent))).toEqual([]);
  });

  it("that is damaged is as good as none", async () => {
    const torrent = sampleTorrent(4 * PIECE, PIECE);
    const disk = await downloaded(torrent);
    await disk.writeFileAtomically(resumePath("/data", torrent.info), new Uint8Array(1e6));
    expect(indexes(await open(disk, torrent))).toEqual([0, 1, 2, 3]);
  });

  it("is not needed for what was hashed just now", async () => {
    const torrent = sampleTorrent(4 * PIECE, PIECE);
    const disk = await downloaded(torrent);
    await disk.remove(resumePath("/data", torrent.info));
    const status = await disk.status(FILE);
    const pieces = (await open(disk, torrent)).havePieces;
    await disk.remove(resumePath("/data", torrent.info));
    const modifiedUs = (status?.modifiedMs ?? 0) * 1000;
    const resumeState = { pieces, files: [{ sizeBytes: 4 * PIECE, modifiedUs }] };
    const checks: number[] = [];
    const onProgress = (bytes: number) => checks.push(bytes);
    const storage = await open(disk, torrent, { mode: "seed", resumeState, onProgress });
    expect(storage.havePieces.isComplete).toBe(true);
    expect(checks).toEqual([]);
  });
});
