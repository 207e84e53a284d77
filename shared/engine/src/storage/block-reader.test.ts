import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryDisk } from "../simulation/memory-disk.js";
import { type BlockLease, BlockReader } from "./block-reader.js";
import { BufferPool } from "./buffer-pool.js";
import { sampleTorrent } from "./testing/sample-torrent.js";
import { TorrentContent } from "./torrent-content.js";

const KIB = 1024;

/** Counts how often the disk is read. */
class CountingDisk extends MemoryDisk {
  reads = 0;

  override async open(path: string, mode: "read" | "read-write") {
    const file = await super.open(path, mode);
    return {
      ...file,
      read: (target: Uint8Array, position: number) => {
        this.reads++;
        return file.read(target, position);
      },
    };
  }
}

async function readerOf(totalBytes: number, pieceLength: number, cacheBytes: number) {
  const { info, data } = sampleTorrent(totalBytes, pieceLength);
  const disk = new CountingDisk();
  await (await disk.open("/sample", "read-write")).write(data, 0);
  const content = new TorrentContent(disk, "/", info.files);
  const piecePool = new BufferPool(pieceLength, cacheBytes);
  return { reader: new BlockReader({ info, content, piecePool, cacheBytes }), data, disk, piecePool };
}

describe("BlockReader", () => {
  it.each([
    ["pieces of one extent", 64 * KIB],
    ["pieces of several extents", 1024 * KIB],
    ["odd pieces", 300_001],
    ["tiny pieces", 1000],
  ])(
    "reads any block of %s, however leases overlap and whatever the cache dropped",
    async (_, pieceLength) => {
      const total = 2_500_000;
      const { reader, data } = await readerOf(total, pieceLength, 3 * pieceLength);
      const block = fc.record({
        at: fc.nat(total - 1),
        length: fc.integer({ min: 1, max: 128 * KIB }),
        isKept: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 20 }), async (blocks) => {
          const kept: { lease: BlockLease; expected: Uint8Array }[] = [];
          await Promise.all(
            blocks.map(async ({ at, length, isKept }) => {
              const index = Math.floor(at / pieceLength);
              const end = Math.min(at + length, total, (index + 1) * pieceLength);
              const lease = await reader.read(index, at - index * pieceLength, end - at);
              const expected = data.subarray(at, end);
              expect(Buffer.compare(lease.bytes, expected)).toBe(0);
              if (isKept) kept.push({ lease, expected });
              else lease.release();
            }),
          );
          for (const { lease, expected } of kept) {
            expect(Buffer.compare(lease.bytes, expected)).toBe(0);
            lease.release();
            lease.release();
          }
        }),
        { numRuns: 30 },
      );
      await reader.close();
    },
  );

  it("answers at once what is in memory", async () => {
    const { reader } = await readerOf(64 * KIB, 64 * KIB, 256 * KIB);
    const first = reader.read(0, 0, 16 * KIB);
    expect(first).toBeInstanceOf(Promise);
    (await first).release();
    const second = reader.read(0, 48 * KIB, 16 * KIB);
    expect(second).not.toBeInstanceOf(Promise);
  });

  it("reads an extent once for all who want it at the same time", async () => {
    const { reader, disk } = await readerOf(64 * KIB, 64 * KIB, 256 * KIB);
    const leases = await Promise.all([0, 1, 2, 3].map((i) => reader.read(0, i * 16 * KIB, 16 * KIB)));
    expect(disk.reads).toBe(1);
    for (const lease of leases) lease.release();
  });

  it("reads the next extent of a piece ahead, and not over its end", async () => {
    const { reader, disk } = await readerOf(1024 * KIB, 512 * KIB, 1024 * KIB);
    (await reader.read(0, 0, 16 * KIB)).release();
    await reader.close();
    expect(disk.reads).toBe(2);
    (await reader.read(0, 0, 16 * KIB)).release();
    (await reader.read(0, 256 * KIB, 16 * KIB)).release();
    await reader.close();
    expect(disk.reads).toBe(4);
  });

  it("drops what was not used for longest when the cache is full", async () => {
    const { reader } = await readerOf(256 * KIB, 64 * KIB, 128 * KIB);
    for (const index of [0, 1, 0, 2]) (await reader.read(index, 0, 10)).release();
    expect(reader.read(0, 0, 10)).not.toBeInstanceOf(Promise);
    expect(reader.read(2, 0, 10)).not.toBeInstanceOf(Promise);
    const dropped = reader.read(1, 0, 10);
    expect(dropped).toBeInstanceOf(Promise);
    await dropped;
  });

  it("serves a held piece from its buffer, and gives the buffer back some time after", async () => {
    const { reader, piecePool, disk, data } = await readerOf(1024 * KIB, 512 * KIB, 600 * KIB);
    const buffer = piecePool.acquire();
    buffer.set(data.subarray(0, 512 * KIB));
    const unhold = reader.hold(0, buffer);
    const lease = await reader.read(0, 255 * KIB, 16 * KIB);
    expect(lease.bytes.buffer).toBe(buffer.buffer);
    lease.release();
    unhold();
    expect(disk.reads).toBe(0);
    (await reader.read(1, 0, 10)).release();
    await reader.close();
    expect(piecePool.acquire().buffer).toBe(buffer.buffer);
  });

  it("can read again what failed before", async () => {
    const { reader, disk } = await readerOf(64 * KIB, 64 * KIB, 256 * KIB);
    const content = (await disk.readFile("/sample", 1e6)) ?? new Uint8Array();
    const file = await disk.open("/sample", "read-write");
    await file.truncate(10);
    await expect(reader.read(0, 0, 100)).rejects.toMatchObject({ code: "CONTENT_CHANGED" });
    await file.write(content, 0);
    const lease = await reader.read(0, 0, 100);
    expect(Buffer.compare(lease.bytes, content.subarray(0, 100))).toBe(0);
  });
});
