import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeBencode } from "@swarmlab/bencode/encode";
import { createLogger } from "@swarmlab/telemetry/logger";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Catalogue } from "./catalogue.js";

let directory: string;
const warnings: string[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "swarmlab-catalogue-"));
  warnings.length = 0;
});

afterEach(() => rm(directory, { recursive: true }));

function openCatalogue(maxTorrents = 10, signal = new AbortController().signal): Promise<Catalogue> {
  const logger = createLogger({ name: "test", level: "warn", write: (line) => warnings.push(line) });
  return Catalogue.open({ directory, logger, maxTorrents, signal });
}

function torrentFile(name: string): Uint8Array {
  return encodeBencode({ info: { length: 5, name, "piece length": 16384, pieces: new Uint8Array(20) } });
}

async function laterThan(time: Date): Promise<void> {
  while (Date.now() <= time.getTime()) await new Promise((resolve) => setImmediate(resolve));
}

describe("Catalogue", () => {
  it("still has its torrents after a restart, in their order", async () => {
    const first = await openCatalogue();
    for (const name of ["b.bin", "a.bin"]) {
      const { torrent, isNew } = await first.add(torrentFile(name));
      expect(isNew).toBe(true);
      await laterThan(torrent.addedAt);
      expect(torrent).toMatchObject({
        name,
        totalBytes: 5,
        pieceCount: 1,
        files: [{ path: name, sizeBytes: 5 }],
      });
    }
    const second = await openCatalogue();
    expect(second.list()).toEqual(first.list());
    expect(second.list().map(({ name }) => name)).toEqual(["b.bin", "a.bin"]);
    const [torrent] = second.list();
    expect(await second.readFile(torrent?.infoHash ?? "")).toEqual(Buffer.from(torrentFile("b.bin")));
  });

  it("knows a torrent that it has, also when it is added twice at once", async () => {
    const catalogue = await openCatalogue();
    const added = await Promise.all([1, 2, 3].map(() => catalogue.add(torrentFile("a.bin"))));
    expect(added.map(({ isNew }) => isNew).sort()).toEqual([false, false, true]);
    expect(catalogue.size).toBe(1);
    expect(await readdir(directory)).toHaveLength(1);
  });

  it("skips a broken file, says so, and leaves it", async () => {
    const name = `${"0".repeat(40)}.torrent`;
    for (const content of [Buffer.from("d4:info"), torrentFile("a.bin")]) {
      await writeFile(join(directory, name), content);
      expect((await openCatalogue()).size).toBe(0);
      expect(warnings.join("")).toContain(name);
      expect(await readFile(join(directory, name))).toEqual(Buffer.from(content));
    }
  });

  it("refuses what is no torrent, and more than it may hold", async () => {
    const catalogue = await openCatalogue(1);
    await expect(catalogue.add(Buffer.from("nonsense"))).rejects.toMatchObject({ code: "BAD_TORRENT" });
    await expect(catalogue.add(torrentFile("../../evil"))).rejects.toMatchObject({ code: "BAD_TORRENT" });
    await catalogue.add(torrentFile("a.bin"));
    await expect(catalogue.add(torrentFile("b.bin"))).rejects.toMatchObject({ code: "CATALOGUE_FULL" });
    expect((await catalogue.add(torrentFile("a.bin"))).isNew).toBe(false);
  });

  it("stops opening when it is told to", async () => {
    await (await openCatalogue()).add(torrentFile("a.bin"));
    await expect(openCatalogue(10, AbortSignal.abort("stop"))).rejects.toBe("stop");
  });

  it("removes a torrent with its file", async () => {
    const catalogue = await openCatalogue();
    const { torrent } = await catalogue.add(torrentFile("a.bin"));
    expect(await catalogue.remove(torrent.infoHash)).toBe(true);
    expect(await catalogue.remove(torrent.infoHash)).toBe(false);
    expect(await readdir(directory)).toEqual([]);
  });
});
