import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NodeClock } from "../node/node-clock.js";
import { NodeDisk } from "../node/node-disk.js";
import { NodeNetwork } from "../node/node-network.js";
import { SeededRandom } from "../random/seeded-random.js";
import { type CreatedTorrent, createTorrent } from "../storage/create-torrent.js";
import { WorkerHasher } from "../storage/worker-hasher.js";
import type { Torrent } from "../torrent/torrent.js";
import type { TorrentEvent } from "../torrent/torrent-events.js";
import type { TorrentOptions } from "../torrent/torrent-options.js";
import { Session } from "./session.js";

/** Deterministic bytes that differ from piece to piece. */
function content(lengthBytes: number, seed: string): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; i * 32 < lengthBytes; i++) parts.push(createHash("sha256").update(`${seed} ${i}`).digest());
  return Buffer.concat(parts).subarray(0, lengthBytes);
}

describe("Session", () => {
  const disk = new NodeDisk();
  let directory: string;
  let hasher: WorkerHasher;
  let sessions: Session[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "swarmlab-session-"));
    hasher = new WorkerHasher();
    sessions = [];
  });

  afterEach(async () => {
    await Promise.all(sessions.map((session) => session.close()));
    await hasher.close();
    await rm(directory, { recursive: true });
  });

  async function open(name: string, host = "127.0.0.1", limits = {}): Promise<Session> {
    const session = await Session.open({
      network: new NodeNetwork(),
      clock: new NodeClock(),
      random: new SeededRandom(name),
      disk,
      hasher,
      listen: { host, port: 0 },
      ...limits,
    });
    sessions.push(session);
    return session;
  }

  async function make(name: string, bytes: Buffer): Promise<CreatedTorrent> {
    await mkdir(join(directory, "source"), { recursive: true });
    const path = join(directory, "source", name);
    await writeFile(path, bytes);
    return createTorrent({ path, disk, hasher, pieceLengthBytes: 32 * 1024 });
  }

  function seed(session: Session, created: CreatedTorrent): Torrent {
    const { metainfo, directory, resumeState } = created;
    const { info } = metainfo;
    return session.addTorrent({ infoHash: info.infoHash, info, directory, mode: "seed", resumeState });
  }

  /** Adds a torrent for downloading; `until` resolves with the first event of a type. */
  async function leech(
    session: Session,
    name: string,
    created: CreatedTorrent,
    options: Partial<TorrentOptions>,
  ) {
    const target = join(directory, name);
    await mkdir(target, { recursive: true });
    const seen: TorrentEvent[] = [];
    const waiting: { type: string; resolve: () => void }[] = [];
    const torrent = session.addTorrent({
      infoHash: created.metainfo.info.infoHash,
      info: created.metainfo.info,
      directory: target,
      mode: "download",
      observe: (event) => {
        seen.push(event);
        for (const wait of waiting) if (wait.type === event.type) wait.resolve();
      },
      ...options,
    });
    const until = (type: TorrentEvent["type"]) =>
      new Promise<void>((resolve) => {
        if (seen.some((event) => event.type === type)) resolve();
        else waiting.push({ type, resolve });
      });
    return { torrent, until, seen, path: join(target, created.metainfo.info.name) };
  }

  it("hands a file from one to the other, and the other serves it on", async () => {
    const bytes = content(1_000_003, "relay");
    const created = await make("example.bin", bytes);
    const [seeder, first, second] = [await open("seeder"), await open("first"), await open("second")];
    seed(seeder, created);
    const one = await leech(first, "first", created, { peers: [seeder.listenAddress] });
    await one.until("complete");
    const two = await leech(second, "second", created, { peers: [first.listenAddress] });
    await two.until("complete");
    expect((await readFile(one.path)).equals(bytes)).toBe(true);
    expect((await readFile(two.path)).equals(bytes)).toBe(true);
    expect(one.torrent.stats().uploadedPayloadBytes).toBe(bytes.length);
    expect(two.torrent.stats().wastedBytes).toBe(0);
  });

  it.each([0, 1, 16_384, 32_768, 32_769, 98_304])("hands over a file of %i bytes", async (lengthBytes) => {
    const bytes = content(lengthBytes, "sizes");
    const created = await make("example.bin", bytes);
    const [seeder, leecher] = [await open("seeder"), await open("leecher")];
    seed(seeder, created);
    const download = await leech(leecher, "leecher", created, { peers: [seeder.listenAddress] });
    if (lengthBytes > 0) await download.until("complete");
    else await expect.poll(() => download.torrent.state).toBe("seeding");
    expect((await readFile(download.path)).equals(bytes)).toBe(true);
  });

  it("gets everything from peers alone when it has a magnet link", async () => {
    const bytes = content(300_000, "magnet");
    const created = await make("example.bin", bytes);
    const [seeder, leecher] = [await open("seeder"), await open("leecher")];
    seed(seeder, created);
    const target = join(directory, "magnet");
    await mkdir(target);
    await new Promise<void>((resolve) => {
      leecher.addTorrent({
        infoHash: created.metainfo.info.infoHash,
        directory: target,
        mode: "download",
        peers: [seeder.listenAddress],
        observe: (event) => event.type === "complete" && resolve(),
      });
    });
    expect((await readFile(join(target, "example.bin"))).equals(bytes)).toBe(true);
  });

  it("carries several torrents at once over IPv6", async () => {
    const created = [
      await make("one.bin", content(200_000, "1")),
      await make("two.bin", content(150_000, "2")),
    ];
    const [seeder, leecher] = [await open("seeder", "::1"), await open("leecher", "::1")];
    for (const one of created) seed(seeder, one);
    const downloads = await Promise.all(
      created.map((one) => leech(leecher, "both", one, { peers: [seeder.listenAddress] })),
    );
    await Promise.all(downloads.map((download) => download.until("complete")));
    for (const [i, download] of downloads.entries()) {
      expect((await readFile(download.path)).equals(content(i === 0 ? 200_000 : 150_000, `${i + 1}`))).toBe(
        true,
      );
    }
  });

  it("gives every piece away once before any twice", async () => {
    const bytes = content(64 * 32 * 1024, "spread");
    const created = await make("example.bin", bytes);
    const seeder = await open("seeder", "127.0.0.1", { uploadBitsPerSecond: 16_000_000 });
    const seeding = seed(seeder, created);
    const leechers = await Promise.all(["a", "b", "c", "d"].map((name) => open(name)));
    const downloads = await Promise.all(
      leechers.map((leecher, i) =>
        leech(leecher, `leecher ${i}`, created, { peers: [seeder, ...leechers].map((s) => s.listenAddress) }),
      ),
    );
    await Promise.all(downloads.map((download) => download.until("complete")));
    const copies = seeding.stats().uploadedPayloadBytes / bytes.length;
    expect(copies).toBeGreaterThanOrEqual(1);
    expect(copies).toBeLessThan(1.2);
  });

  it("keeps to its upload limit and to its download limit", async () => {
    const bytes = content(1_500_000, "limits");
    const created = await make("example.bin", bytes);
    const seeder = await open("seeder", "127.0.0.1", { uploadBitsPerSecond: 8_000_000 });
    seed(seeder, created);
    const slow = await open("slow", "127.0.0.1", { downloadBitsPerSecond: 6_000_000 });
    for (const [leecher, expectedSeconds] of [
      [await open("quick"), 1.5],
      [slow, 2],
    ] as const) {
      const startMs = performance.now();
      const download = await leech(leecher, `${expectedSeconds}`, created, { peers: [seeder.listenAddress] });
      await download.until("complete");
      const seconds = (performance.now() - startMs) / 1000;
      // A tenth of a second's worth may come at once, and what was read last is not waited for.
      expect(seconds).toBeGreaterThan(expectedSeconds * 0.7);
      expect(seconds).toBeLessThan(expectedSeconds + 0.8);
      await download.torrent.close();
    }
  });

  it("pauses and goes on", async () => {
    const bytes = content(2_000_000, "pause");
    const created = await make("example.bin", bytes);
    const seeder = await open("seeder", "127.0.0.1", { uploadBitsPerSecond: 16_000_000 });
    seed(seeder, created);
    const download = await leech(await open("leecher"), "leecher", created, {
      peers: [seeder.listenAddress],
    });
    await download.until("piece-verified");
    await download.torrent.pause();
    await expect.poll(() => download.torrent.stats().connectedPeers).toBe(0);
    expect(download.torrent.state).toBe("paused");
    expect(download.torrent.isComplete).toBe(false);
    download.torrent.resume();
    await download.until("complete");
    expect((await readFile(download.path)).equals(bytes)).toBe(true);
  });
});
