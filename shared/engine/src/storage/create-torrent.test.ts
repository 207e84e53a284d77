import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pieceHash } from "@swarmlab/metainfo/info";
import { parseMetainfo } from "@swarmlab/metainfo/metainfo";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { NodeClock } from "../node/node-clock.js";
import { NodeDisk } from "../node/node-disk.js";
import { type CreateTorrentOptions, createTorrent } from "./create-torrent.js";
import { noise } from "./testing/sample-torrent.js";
import { TorrentStorage } from "./torrent-storage.js";
import { WorkerHasher } from "./worker-hasher.js";

describe("createTorrent", () => {
  const disk = new NodeDisk();
  const hasher = new WorkerHasher();
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "create-torrent-"));
  });
  afterEach(() => rm(directory, { recursive: true }));
  afterAll(() => hasher.close());

  const create = (name: string, options: Partial<CreateTorrentOptions> = {}) =>
    createTorrent({ path: join(directory, name), disk, hasher, ...options });

  it("hashes a file piece by piece", async () => {
    const data = noise(3 * 16_384 + 5);
    await writeFile(join(directory, "file.bin"), data);
    const progress: number[] = [];
    const { metainfo, bytes, contentRoot } = await create("file.bin", {
      announceTiers: [["http://tracker.example/announce"]],
      comment: "a test",
      isPrivate: true,
      onProgress: (hashedBytes) => progress.push(hashedBytes),
    });
    expect(parseMetainfo(bytes)).toEqual(metainfo);
    expect(contentRoot).toBe(join(directory, "file.bin"));
    expect(metainfo).toMatchObject({
      announceTiers: [["http://tracker.example/announce"]],
      comment: "a test",
    });
    const { info } = metainfo;
    expect(info).toMatchObject({
      name: "file.bin",
      pieceLength: 16_384,
      isPrivate: true,
      isMultiFile: false,
    });
    for (let index = 0; index < 4; index++) {
      const piece = data.subarray(index * 16_384, (index + 1) * 16_384);
      expect(Buffer.compare(pieceHash(info, index), createHash("sha1").update(piece).digest())).toBe(0);
    }
    expect(progress.at(-1)).toBe(data.length);
  });

  it("sorts the files of a folder by their paths and keeps empty ones", async () => {
    await mkdir(join(directory, "folder", "b", "x"), { recursive: true });
    for (const [path, size] of [
      ["b/x/2", 10],
      ["b.txt", 20],
      ["a", 0],
      ["b/1", 30],
      ["c", 16_384],
    ] as const) {
      await writeFile(join(directory, "folder", path), noise(size));
    }
    const { metainfo } = await create("folder");
    expect(metainfo.info.files.map(({ path, lengthBytes }) => [path.join("/"), lengthBytes])).toEqual([
      ["folder/a", 0],
      ["folder/b/1", 30],
      ["folder/b/x/2", 10],
      ["folder/b.txt", 20],
      ["folder/c", 16_384],
    ]);
    expect(metainfo.info.isMultiFile).toBe(true);
  });

  it("leaves out what is hidden in a folder, but takes a hidden file that is named", async () => {
    await mkdir(join(directory, "folder", ".git"), { recursive: true });
    await mkdir(join(directory, "folder", "below"));
    for (const path of [".gitignore", ".git/config", "below/.DS_Store", "below/shown.bin"]) {
      await writeFile(join(directory, "folder", path), noise(10));
    }
    await symlink("/etc", join(directory, "folder", ".link"));
    const { metainfo } = await create("folder");
    expect(metainfo.info.files.map(({ path }) => path.join("/"))).toEqual(["folder/below/shown.bin"]);
    expect((await create("folder/.gitignore")).metainfo.info.name).toBe(".gitignore");
  });

  it.each([0, 1])("makes a torrent of a file of %d bytes", async (size) => {
    await writeFile(join(directory, "tiny"), noise(size));
    const { metainfo } = await create("tiny");
    expect(metainfo.info).toMatchObject({ totalBytes: size, pieceCount: size });
  });

  it("gives what is needed to seed at once, without hashing again", async () => {
    await writeFile(join(directory, "file"), noise(100_000));
    const created = await create("file", { pieceLengthBytes: 32_768 });
    const storage = await TorrentStorage.open({
      info: created.metainfo.info,
      directory: created.directory,
      resumeState: created.resumeState,
      disk,
      hasher,
      clock: new NodeClock(),
      mode: "seed",
      onProgress: () => {
        throw new Error("was hashed again");
      },
    });
    expect(storage.havePieces.count).toBe(4);
    await storage.close();
  });

  it("refuses what cannot be a torrent", async () => {
    await mkdir(join(directory, "empty", "inside"), { recursive: true });
    await mkdir(join(directory, "hidden"));
    await writeFile(join(directory, "hidden", ".gitkeep"), "");
    await mkdir(join(directory, "linked"));
    await symlink("/etc", join(directory, "linked", "etc"));
    await mkdir(join(directory, "bad"));
    await writeFile(join(directory, "bad", "line\nfeed"), "");
    await expect(create("none")).rejects.toMatchObject({ code: "BAD_CONTENT" });
    await expect(create("empty")).rejects.toMatchObject({ code: "BAD_CONTENT" });
    await expect(create("hidden")).rejects.toMatchObject({ code: "BAD_CONTENT" });
    await expect(create("linked")).rejects.toMatchObject({ code: "BAD_CONTENT" });
    await expect(create("linked/etc")).rejects.toMatchObject({ code: "BAD_CONTENT" });
    await expect(create("bad")).rejects.toMatchObject({ code: "UNSAFE_PATH" });
    await expect(create("linked", { path: "/dev/null" })).rejects.toMatchObject({ code: "BAD_CONTENT" });
  });

  it("notices when the content changes meanwhile", async () => {
    const path = join(directory, "file");
    await writeFile(path, noise(100_000));
    let isChanged = false;
    const changing = Object.assign(new NodeDisk(), {
      open: async (...parameters: Parameters<NodeDisk["open"]>) => {
        const file = await disk.open(...parameters);
        if (!isChanged) await writeFile(path, noise(200_000));
        isChanged = true;
        return file;
      },
    });
    await expect(create("file", { disk: changing })).rejects.toMatchObject({ code: "CONTENT_CHANGED" });
  });

  it("stops when it is told to", async () => {
    await writeFile(join(directory, "file"), noise(5_000_000));
    const controller = new AbortController();
    const { signal } = controller;
    const onProgress = () => controller.abort(new Error("enough"));
    await expect(create("file", { signal, onProgress })).rejects.toThrow("enough");
  });
});
