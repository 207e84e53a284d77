import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pieceSizeBytes } from "@swarmlab/metainfo/info";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NodeClock } from "../node/node-clock.js";
import { NodeDisk } from "../node/node-disk.js";
import { InlineHasher } from "./inline-hasher.js";
import type { StorageOptions } from "./storage-options.js";
import { type SampleFile, type SampleTorrent, sampleTorrent } from "./testing/sample-torrent.js";
import { TorrentStorage } from "./torrent-storage.js";

const PIECE = 16_384;
const disk = new NodeDisk();

let directory: string;
const storages: TorrentStorage[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "torrent-storage-"));
});
afterEach(async () => {
  await Promise.all(storages.splice(0).map((storage) => storage.close()));
  await rm(directory, { recursive: true });
});

async function open({ info }: SampleTorrent, options: Partial<StorageOptions> = {}): Promise<TorrentStorage> {
  const ports = { disk, hasher: new InlineHasher(), clock: new NodeClock() };
  const storage = await TorrentStorage.open({ info, directory, mode: "download", ...ports, ...options });
  storages.push(storage);
  return storage;
}

async function commit(storage: TorrentStorage, { info, data }: SampleTorrent, index: number) {
  const buffer = storage.acquirePieceBuffer();
  const start = index * info.pieceLength;
  buffer.set(data.subarray(start, start + pieceSizeBytes(info, index)));
  expect(await storage.commitPiece(index, buffer)).toBe("verified");
}

/** Commits every piece, the last one first. */
async function commitAll(storage: TorrentStorage, torrent: SampleTorrent): Promise<void> {
  for (let index = torrent.info.pieceCount - 1; index >= 0; index--) await commit(storage, torrent, index);
}

async function block(storage: TorrentStorage, index: number, begin: number, length: number) {
  const lease = await storage.readBlock(index, begin, length);
  const bytes = Buffer.from(lease.bytes);
  lease.release();
  return bytes;
}

/** Puts the content where a seeder would have it. */
async function place({ info, data }: SampleTorrent): Promise<void> {
  for (const { path, offsetBytes, lengthBytes, isPadding } of info.files) {
    if (isPadding) continue;
    const filePath = join(directory, ...path);
    await mkdir(dirname(filePath), { recursive: true });
    await writeFile(filePath, data.subarray(offsetBytes, offsetBytes + lengthBytes));
  }
}

async function expectContent({ info, data }: SampleTorrent): Promise<void> {
  for (const { path, offsetBytes, lengthBytes, isPadding } of info.files) {
    if (isPadding) continue;
    const content = await readFile(join(directory, ...path));
    expect(content.equals(data.subarray(offsetBytes, offsetBytes + lengthBytes)), path.join("/")).toBe(true);
  }
}

const shapes: [string, number | SampleFile[]][] = [
  ["0 bytes", 0],
  ["1 byte", 1],
  ["exactly one piece", PIECE],
  ["one byte past a piece", PIECE + 1],
  ["several pieces and a bit", 5 * PIECE + 777],
  [
    "many files in one piece, pieces over several files, empty files and padding",
    [
      { path: ["empty"], lengthBytes: 0 },
      { path: ["a"], lengthBytes: 100 },
      { path: ["deep", "er", "b"], lengthBytes: 3 * PIECE },
      { path: [".pad", "1"], lengthBytes: PIECE - 100, isPadding: true },
      { path: ["deep", "c"], lengthBytes: 1 },
      { path: ["deep", "none"], lengthBytes: 0 },
      { path: ["d"], lengthBytes: PIECE + 5 },
    ],
  ],
  [
    "only empty files",
    [
      { path: ["a"], lengthBytes: 0 },
      { path: ["b", "c"], lengthBytes: 0 },
    ],
  ],
];

describe("a download", () => {
  it.each(shapes)("of %s puts every byte in its place", async (_, content) => {
    const torrent = sampleTorrent(content, PIECE);
    const storage = await open(torrent);
    expect(storage.havePieces.count).toBe(0);
    await commitAll(storage, torrent);
    expect(storage.havePieces.isComplete).toBe(true);
    await storage.flush();
    await expectContent(torrent);
    await storage.close();
    const paths = await readdir(directory, { recursive: true });
    expect(paths.some((path) => path.includes(".pad"))).toBe(false);
    expect(paths.filter((path) => path.endsWith(".tmp"))).toEqual([]);
  });

  it("serves a piece as soon as it is verified, before it is written", async () => {
    const torrent = sampleTorrent(3 * PIECE, PIECE);
    const storage = await open(torrent);
    await commit(storage, torrent, 1);
    expect(storage.backlogBytes).toBe(PIECE);
    const lease = storage.readBlock(1, 100, 50);
    if (lease instanceof Promise) throw new Error("the block was not in memory");
    expect(Buffer.from(lease.bytes).equals(torrent.data.subarray(PIECE + 100, PIECE + 150))).toBe(true);
    lease.release();
    await storage.flush();
    expect(storage.backlogBytes).toBe(0);
  });

  it("refuses a piece with a wrong hash, and leaves its buffer to the caller", async () => {
    const torrent = sampleTorrent(2 * PIECE, PIECE);
    const storage = await open(torrent);
    const buffer = storage.acquirePieceBuffer();
    buffer.set(torrent.data.subarray(0, PIECE));
    buffer[5] = ~(buffer[5] ?? 0);
    expect(await storage.commitPiece(0, buffer)).toBe("mismatch");
    expect(storage.havePieces.has(0)).toBe(false);
    expect(storage.backlogBytes).toBe(0);
    await expect(storage.readBlock(0, 0, 1)).rejects.toMatchObject({ code: "NOT_AVAILABLE" });
    buffer[5] = ~(buffer[5] ?? 0);
    expect(await storage.commitPiece(0, buffer)).toBe("verified");
  });

  it("takes a piece that it has already without harm", async () => {
    const torrent = sampleTorrent(PIECE, PIECE);
    const storage = await open(torrent);
    await Promise.all([commit(storage, torrent, 0), commit(storage, torrent, 0)]);
    await storage.flush();
    await expectContent(torrent);
    expect(storage.backlogBytes).toBe(0);
  });

  it("finds again what it wrote, from the resume file and without reading the content", async () => {
    const torrent = sampleTorrent(
      [
        { path: ["a"], lengthBytes: 2 * PIECE },
        { path: ["b"], lengthBytes: PIECE },
      ],
      PIECE,
    );
    const first = await open(torrent);
    await commit(first, torrent, 1);
    await first.close();
    const progress: number[] = [];
    const second = await open(torrent, { onProgress: (checkedBytes) => progress.push(checkedBytes) });
    expect([0, 1, 2].map((index) => second.havePieces.has(index))).toEqual([false, true, false]);
    expect(progress).toEqual([]);
    expect(await block(second, 1, 0, 10)).toEqual(Buffer.from(torrent.data.subarray(PIECE, PIECE + 10)));
  });

  it("shortens a file that is longer than it should be", async () => {
    const torrent = sampleTorrent(PIECE + 1, PIECE);
    await place(torrent);
    await writeFile(join(directory, "sample"), Buffer.concat([torrent.data, Buffer.alloc(100)]));
    const storage = await open(torrent);
    expect(storage.havePieces.isComplete).toBe(true);
    await expectContent(torrent);
    await storage.close();
    const again = await open(torrent, {
      onProgress: () => {
        throw new Error("was checked again");
      },
    });
    expect(again.havePieces.isComplete).toBe(true);
  });

  it("keeps few files open however many there are", async () => {
    const files = Array.from({ length: 300 }, (_, i) => ({ path: [`${i}`], lengthBytes: 200 }));
    const torrent = sampleTorrent(files, PIECE);
    const storage = await open(torrent);
    await commitAll(storage, torrent);
    await storage.flush();
    const openPaths = await readdir("/proc/self/fd").catch(() => []);
    expect(openPaths.length).toBeLessThan(150);
    await expectContent(torrent);
  });

  it("refuses a symbolic link in the place of a file or folder", async () => {
    const torrent = sampleTorrent([{ path: ["folder", "a"], lengthBytes: 5 }], PIECE);
    await mkdir(join(directory, "elsewhere"));
    await symlink("elsewhere", join(directory, "sample"));
    await expect(open(torrent)).rejects.toMatchObject({ code: "UNSAFE_PATH" });
    await rm(join(directory, "sample"));
    await mkdir(join(directory, "sample", "folder"), { recursive: true });
    await symlink("../../elsewhere/a", join(directory, "sample", "folder", "a"));
    await expect(open(torrent)).rejects.toMatchObject({ code: "UNSAFE_PATH" });
    expect(await readdir(join(directory, "elsewhere"))).toEqual([]);
  });

  it("refuses blocks that are not in a piece, and everything once it is closed", async () => {
    const torrent = sampleTorrent(PIECE + 10, PIECE);
    const storage = await open(torrent);
    await commitAll(storage, torrent);
    for (const [index, begin, length] of [
      [2, 0, 1],
      [-1, 0, 1],
      [1, 0, 11],
      [0, PIECE, 1],
      [0, -1, 1],
      [0, 0, 0],
    ] as const) {
      await expect(storage.readBlock(index, begin, length)).rejects.toMatchObject({ code: "NOT_AVAILABLE" });
    }
    await storage.close();
    await expect(storage.readBlock(0, 0, 1)).rejects.toMatchObject({ code: "CLOSED" });
    await expect(storage.commitPiece(0, new Uint8Array(PIECE))).rejects.toMatchObject({ code: "CLOSED" });
    await expect(storage.flush()).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("seeding", () => {
  it.each(shapes)("%s finds every piece and reads it", async (_, content) => {
    const torrent = sampleTorrent(content, PIECE);
    await place(torrent);
    const storage = await open(torrent, { mode: "seed" });
    expect(storage.havePieces.isComplete).toBe(true);
    for (let index = 0; index < torrent.info.pieceCount; index++) {
      const size = pieceSizeBytes(torrent.info, index);
      const expected = torrent.data.subarray(index * PIECE, index * PIECE + size);
      expect((await block(storage, index, 0, size)).equals(expected)).toBe(true);
    }
  });

  it("never has pieces that are missing, cut off or changed", async () => {
    const torrent = sampleTorrent(4 * PIECE, PIECE);
    await place(torrent);
    const path = join(directory, "sample");
    await truncate(path, 3 * PIECE + 1);
    const content = await readFile(path);
    content[PIECE] = ~(content[PIECE] ?? 0);
    await writeFile(path, content);
    const checked: number[] = [];
    const storage = await open(torrent, { mode: "seed", onProgress: (bytes) => checked.push(bytes) });
    expect([0, 1, 2, 3].map((index) => storage.havePieces.has(index))).toEqual([true, false, true, false]);
    expect(checked.at(-1)).toBe(4 * PIECE);
    await expect(storage.commitPiece(1, new Uint8Array(PIECE))).rejects.toMatchObject({ code: "READ_ONLY" });
    expect((await stat(path)).size).toBe(3 * PIECE + 1);
  });

  it("only mentions it when the resume file cannot be written", async () => {
    const torrent = sampleTorrent(PIECE, PIECE);
    await place(torrent);
    const failures: unknown[] = [];
    const readOnly = Object.assign(new NodeDisk(), {
      writeFileAtomically: () => Promise.reject(new Error("EROFS: read-only file system")),
    });
    const onResumeNotSaved = (error: unknown) => failures.push(error);
    const storage = await open(torrent, { disk: readOnly, events: { onResumeNotSaved } });
    expect(storage.havePieces.isComplete).toBe(true);
    expect(failures).toHaveLength(1);
  });

  it("leaves nothing beside content that it only seeds", async () => {
    const torrent = sampleTorrent(PIECE, PIECE);
    await place(torrent);
    const before = await readdir(directory);
    const storage = await open(torrent, { mode: "seed" });
    await storage.close();
    expect(await readdir(directory)).toEqual(before);
  });

  it("says so when a file became shorter under it", async () => {
    const torrent = sampleTorrent(4 * PIECE, PIECE);
    await place(torrent);
    const storage = await open(torrent, { mode: "seed" });
    await truncate(join(directory, "sample"), PIECE);
    await expect(storage.readBlock(3, 0, 10)).rejects.toMatchObject({ code: "CONTENT_CHANGED" });
  });

  it("stops checking when it is told to", async () => {
    const torrent = sampleTorrent(100 * PIECE, PIECE);
    await place(torrent);
    const controller = new AbortController();
    const opening = open(torrent, {
      mode: "seed",
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("enough")),
    });
    await expect(opening).rejects.toThrow("enough");
  });
});
