import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noise } from "../storage/testing/sample-torrent.js";
import { MemoryDisk } from "./memory-disk.js";

const PAGE = 16 * 1024;

describe("MemoryDisk", () => {
  it("does to a file what an array would do", async () => {
    const write = fc.record({ position: fc.nat(60_000), length: fc.nat(40_000), size: fc.nat(70_000) });
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 8 }), async (writes) => {
        const file = await new MemoryDisk().open("/a", "read-write");
        let model = new Uint8Array(0);
        const resize = (size: number) => {
          const next = new Uint8Array(size);
          next.set(model.subarray(0, size));
          model = next;
        };
        for (const [i, { position, length, size }] of writes.entries()) {
          if (i % 3 === 2) {
            await file.truncate(size);
            resize(size);
          } else if (length > 0) {
            await file.write(noise(length), position);
            resize(Math.max(model.length, position + length));
            model.set(noise(length), position);
          }
        }
        const content = new Uint8Array(model.length + 1);
        expect(await file.read(content, 0)).toBe(model.length);
        expect(Buffer.compare(content.subarray(0, model.length), model)).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it("is full at its capacity and takes more when there is more", async () => {
    const disk = new MemoryDisk({ capacityBytes: 2 * PAGE });
    const file = await disk.open("/a", "read-write");
    await expect(file.write(noise(3 * PAGE), 0)).rejects.toMatchObject({ code: "ENOSPC" });
    expect(disk.usedBytes).toBe(2 * PAGE);
    disk.capacityBytes = 3 * PAGE;
    await file.write(noise(3 * PAGE), 0);
    disk.writeError = "EIO";
    await expect(file.write(noise(1), 0)).rejects.toMatchObject({ code: "EIO" });
  });

  it("loses what was not synced when the power is cut, and nothing else", async () => {
    const disk = new MemoryDisk();
    const file = await disk.open("/a", "read-write");
    await file.write(noise(PAGE + 10), 0);
    await file.sync();
    await file.write(new Uint8Array(5 * PAGE), 5);
    await disk.writeFileAtomically("/b", noise(3));
    disk.cutPower();
    const after = await disk.open("/a", "read");
    const content = new Uint8Array(2 * PAGE);
    expect(await after.read(content, 0)).toBe(PAGE + 10);
    expect(Buffer.compare(content.subarray(0, PAGE + 10), noise(PAGE + 10))).toBe(0);
    expect(await disk.readFile("/b", 3)).toEqual(noise(3));
  });

  it("knows folders and files apart", async () => {
    const disk = new MemoryDisk();
    await disk.makeDirectory("/a/b");
    await (await disk.open("/a/c", "read-write")).close();
    expect((await disk.listDirectory("/a")).sort()).toEqual(["b", "c"]);
    expect(await disk.status("/a/b")).toMatchObject({ kind: "directory" });
    expect(await disk.status("/a/c")).toMatchObject({ kind: "file", sizeBytes: 0 });
    expect(await disk.status("/d")).toBeUndefined();
    await expect(disk.open("/d/e", "read-write")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(disk.open("/a", "read")).rejects.toMatchObject({ code: "EISDIR" });
    await expect(disk.makeDirectory("/a/c")).rejects.toMatchObject({ code: "ENOTDIR" });
    await disk.remove("/a/c");
    expect(await disk.listDirectory("/a")).toEqual(["b"]);
  });
});
