import { parseLink } from "@swarmlab/scenario/link";
import { expect, it } from "vitest";
import { emulateLink } from "../link/link-network.js";
import { SeededRandom } from "../random/seeded-random.js";
import { MemoryDisk } from "../simulation/memory-disk.js";
import { VirtualClock } from "../simulation/virtual-clock.js";
import { VirtualWorld } from "../simulation/virtual-world.js";
import { createTorrent } from "../storage/create-torrent.js";
import { InlineHasher } from "../storage/inline-hasher.js";
import { Session } from "./session.js";

const FILE_BYTES = 4 * 1024 * 1024;
const LEECHERS = 4;

/** One seeder and some leechers behind links of 8 Mbit/s up; returns when each leecher was complete, in virtual ms. */
async function runSwarm(seed: string): Promise<number[]> {
  const clock = new VirtualClock();
  const world = new VirtualWorld(clock);
  const hasher = new InlineHasher();
  const sessions: Session[] = [];
  const addresses = Array.from({ length: LEECHERS + 1 }, (_, i) => ({ host: `10.0.0.${i + 1}`, port: 6881 }));
  const link = parseLink("up=8mbit,down=100mbit,delay=10ms");
  const completeMs: number[] = [];
  const source = new MemoryDisk();
  await source.makeDirectory("/seed");
  const file = await source.open("/seed/example.bin", "read-write");
  const random = new SeededRandom(`${seed} content`);
  const bytes = new Uint8Array(
    Uint32Array.from({ length: FILE_BYTES / 4 }, () => random.nextUint32()).buffer,
  );
  await file.write(bytes, 0);
  await file.close();
  const created = await createTorrent({
    path: "/seed/example.bin",
    disk: source,
    hasher,
    pieceLengthBytes: 64 * 1024,
  });
  const { info } = created.metainfo;
  for (const [i, listen] of addresses.entries()) {
    const isSeeder = i === 0;
    const disk = isSeeder ? source : new MemoryDisk();
    const own = new SeededRandom(`${seed} node ${i}`);
    const network = emulateLink(world.host(listen.host), clock, own, link);
    const session = await Session.open({ network, clock, random: own, disk, hasher, listen });
    sessions.push(session);
    session.addTorrent({
      infoHash: info.infoHash,
      info,
      directory: isSeeder ? created.directory : "/copy",
      mode: isSeeder ? "seed" : "download",
      peers: addresses.filter((address) => address !== listen),
      observe: (event) => {
        if (event.type === "complete") completeMs[i - 1] = clock.nowMs();
      },
    });
  }
  await clock.runUntil(() => completeMs.filter((ms) => ms !== undefined).length === LEECHERS, 60_000);
  const closing = Promise.all(sessions.map((session) => session.close()));
  await clock.run(clock.nowMs() + 10_000);
  await closing;
  return completeMs;
}

it("distributes a file in virtual time, near the bound, and the same way every time from one seed", async () => {
  const first = await runSwarm("one");
  expect(await runSwarm("one")).toEqual(first);
  expect(await runSwarm("two")).not.toEqual(first);
  // The seeder needs 4.4 s to send the file once through 8 Mbit/s, headers counted.
  const boundMs = ((FILE_BYTES * 8) / 8e6) * 1000 * (1514 / 1448);
  expect(Math.max(...first)).toBeGreaterThan(boundMs);
  expect(Math.max(...first)).toBeLessThan(boundMs * 1.4);
});

it("keeps to a low download limit with many peers, and loses none of them", async () => {
  const clock = new VirtualClock();
  const world = new VirtualWorld(clock);
  const hasher = new InlineHasher();
  const source = new MemoryDisk();
  await source.makeDirectory("/seed");
  const file = await source.open("/seed/example.bin", "read-write");
  await file.write(new Uint8Array(4 * 1024 * 1024).fill(7), 0);
  await file.close();
  const created = await createTorrent({ path: "/seed/example.bin", disk: source, hasher });
  const { info } = created.metainfo;
  const open = (host: string, disk: MemoryDisk, limit = {}) =>
    Session.open({
      network: world.host(host),
      clock,
      random: new SeededRandom(host),
      disk,
      hasher,
      listen: { host, port: 6881 },
      ...limit,
    });
  const seeders = await Promise.all(Array.from({ length: 10 }, (_, i) => open(`10.0.1.${i + 1}`, source)));
  for (const seeder of seeders) {
    const { directory, resumeState } = created;
    seeder.addTorrent({ infoHash: info.infoHash, info, directory, mode: "seed", resumeState });
  }
  const leecher = await open("10.0.0.1", new MemoryDisk(), { downloadBitsPerSecond: 400_000 });
  const leftFor: string[] = [];
  let isComplete = false;
  leecher.addTorrent({
    infoHash: info.infoHash,
    info,
    directory: "/copy",
    mode: "download",
    peers: seeders.map((seeder) => seeder.listenAddress),
    observe: (event) => {
      if (event.type === "complete") isComplete = true;
      if (event.type === "peer-disconnected" && !isComplete) leftFor.push(event.reason);
    },
  });
  await clock.runUntil(() => isComplete, 200_000);
  // 4 MiB at 400 kbit/s take 84 s.
  expect(clock.nowMs()).toBeGreaterThan(75_000);
  expect(clock.nowMs()).toBeLessThan(120_000);
  expect(leftFor.filter((reason) => reason !== "both sides have everything")).toEqual([]);
  const closing = Promise.all([leecher, ...seeders].map((session) => session.close()));
  await clock.run(clock.nowMs() + 10_000);
  await closing;
});
