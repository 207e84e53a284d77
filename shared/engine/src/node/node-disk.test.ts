import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { noise } from "../storage/testing/sample-torrent.js";
import { NodeDisk } from "./node-disk.js";

describe("NodeDisk", () => {
  const disk = new NodeDisk();
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "node-disk-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("reads what it wrote, at any position, also into shared memory", async () => {
    const file = await disk.open(join(directory, "a"), "read-write");
    const bytes = new Uint8Array(new SharedArrayBuffer(5000));
    bytes.set(noise(5000));
    await file.write(bytes, 3);
    await file.sync();
    const target = new Uint8Array(new SharedArrayBuffer(100));
    expect(await file.read(target, 1003)).toBe(100);
    expect(Buffer.from(target).equals(bytes.subarray(1000, 1100))).toBe(true);
    expect(await file.read(target, 4993)).toBe(10);
    expect(await file.read(target, 9000)).toBe(0);
    await file.truncate(2);
    await file.close();
    expect(await readFile(join(directory, "a"))).toEqual(Buffer.from([0, 0]));
  });

  it("tells what is at a path", async () => {
    await writeFile(join(directory, "file"), "12345");
    await symlink("file", join(directory, "link"));
    expect(await disk.status(join(directory, "file"))).toMatchObject({ kind: "file", sizeBytes: 5 });
    expect(await disk.status(directory)).toMatchObject({ kind: "directory" });
    expect(await disk.status(join(directory, "link"))).toMatchObject({ kind: "symlink" });
    expect(await disk.status("/dev/null")).toMatchObject({ kind: "other" });
    expect(await disk.status(join(directory, "none"))).toBeUndefined();
    expect(await disk.status(join(directory, "file", "none"))).toBeUndefined();
  });

  it("does not open what is missing to read, nor follow a symbolic link", async () => {
    await writeFile(join(directory, "file"), "12345");
    await symlink("file", join(directory, "link"));
    await expect(disk.open(join(directory, "none"), "read")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(disk.open(join(directory, "link"), "read")).rejects.toMatchObject({ code: "ELOOP" });
    await expect(disk.open(join(directory, "link"), "read-write")).rejects.toMatchObject({ code: "ELOOP" });
  });

  it("reads small files whole and refuses large ones", async () => {
    await writeFile(join(directory, "file"), "12345");
    expect(await disk.readFile(join(directory, "file"), 5)).toEqual(new Uint8Array(Buffer.from("12345")));
    await expect(disk.readFile(join(directory, "file"), 4)).rejects.toBeInstanceOf(RangeError);
    expect(await disk.readFile(join(directory, "none"), 4)).toBeUndefined();
  });

  it("replaces a file as a whole and leaves nothing else behind", async () => {
    const path = join(directory, "state");
    await disk.writeFileAtomically(path, noise(10));
    await disk.writeFileAtomically(path, noise(20));
    expect(new Uint8Array(await readFile(path))).toEqual(noise(20));
    await mkdir(join(directory, "folder", "inside"), { recursive: true });
    await expect(disk.writeFileAtomically(join(directory, "folder"), noise(1))).rejects.toThrow();
    expect((await readdir(directory)).sort()).toEqual(["folder", "state"]);
  });

  it("makes directories, lists them and removes files", async () => {
    await disk.makeDirectory(join(directory, "a", "b"));
    await disk.makeDirectory(join(directory, "a", "b"));
    await writeFile(join(directory, "a", "c"), "");
    expect((await disk.listDirectory(join(directory, "a"))).sort()).toEqual(["b", "c"]);
    await disk.remove(join(directory, "a", "c"));
    await disk.remove(join(directory, "a", "c"));
    expect(await disk.listDirectory(join(directory, "a"))).toEqual(["b"]);
  });
});
