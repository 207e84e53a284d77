import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { assertSameContent } from "../content/compare-content.js";
import type { Torrent } from "../content/torrent.js";
import type { ClientNode } from "../nodes/client.js";
import { publish, startOurPeer } from "../nodes/our-peer.js";
import type { TrackerServer } from "../nodes/tracker.js";
import type { Host } from "../process/host.js";
import { eventNamed, type JsonRecord, numberField, textField } from "../process/json-lines.js";
import { Polluter } from "./polluter.js";
import { patienceMs, type Stage, stageTest } from "./stage.js";

const pieceLengthBytes = 64 * 1024;
const totalBytes = 16 * 1024 * 1024;

describe("a leecher that is killed in mid-download", () => {
  stageTest("goes on where it was, and fetches nothing twice that it had verified", async ({ stage }) => {
    const { tracker, contentPath, torrent } = await publishFilm(stage, ["--up-limit=32mbit"]);
    const host = stage.nextHost();
    const directory = await stage.nextFolder("copy");
    const first = await leech(stage, host, tracker, torrent, directory);
    const progress = await untilVerified(first, totalBytes / 4);
    first.child.kill();
    await first.child.exited;

    const second = await leech(stage, host, tracker, torrent, directory);
    await second.complete(patienceMs);
    await assertSameContent(contentPath, join(directory, torrent.name));
    await second.stop();
    const stopped = await second.child.waitForLine("its farewell", patienceMs, eventNamed("stopped"));
    const missing = totalBytes - numberField(progress, "verifiedBytes");
    expect(numberField(stopped, "downloadedBytes")).toBeLessThanOrEqual(missing + 4 * pieceLengthBytes);
  });
});

describe("a seeder that is killed", () => {
  stageTest("is not missed once every piece is somewhere else", async ({ stage }) => {
    const { tracker, seeder, contentPath, torrent } = await publishFilm(stage, ["--up-limit=40mbit"]);
    const leechers = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const directory = await stage.nextFolder("copy");
        const node = await leech(stage, stage.nextHost(), tracker, torrent, directory, ["--up-limit=8mbit"]);
        return { node, copyPath: join(directory, torrent.name) };
      }),
    );
    // It gives every piece once before it gives any twice.
    await seeder.child.waitForLine("it had given a copy", patienceMs, (line) => {
      const progress = eventNamed("progress")(line);
      return progress && numberField(progress, "uploadedBytes") > 1.2 * totalBytes ? progress : undefined;
    });
    seeder.child.kill();
    for (const { node } of leechers) expect(eventsOf(node, "complete")).toEqual([]);
    for (const { node, copyPath } of leechers) {
      await node.complete(patienceMs);
      await assertSameContent(contentPath, copyPath);
    }
  });
});

describe("a tracker that is killed and comes back on the same port", () => {
  stageTest("still has its catalogue, and brings newcomers together with the swarm", async ({ stage }) => {
    const directory = await stage.nextFolder("catalogue");
    const { tracker, contentPath, torrent } = await publishFilm(stage, ["--up-limit=40mbit"], directory);
    const earlyDirectory = await stage.nextFolder("copy");
    const early = await leech(stage, stage.nextHost(), tracker, torrent, earlyDirectory);
    await untilVerified(early, 1);
    tracker.child.kill();
    await tracker.child.exited;
    const lateDirectory = await stage.nextFolder("copy");
    const late = await leech(stage, stage.nextHost(), tracker, torrent, lateDirectory);
    await late.ready(patienceMs);
    await early.complete(patienceMs);

    const again = await stage.startTracker({ directory, port: Number(new URL(tracker.baseUrl).port) });
    expect(again.baseUrl).toBe(tracker.baseUrl);
    await late.complete(patienceMs);
    const newDirectory = await stage.nextFolder("copy");
    const byName = await startOurPeer("leecher", {
      scope: stage.scope,
      host: stage.nextHost(),
      flags: [`--torrent=${torrent.name}`, `--dir=${newDirectory}`, `--tracker=${again.baseUrl}`],
    });
    await byName.complete(patienceMs);
    for (const copy of [earlyDirectory, lateDirectory, newDirectory]) {
      await assertSameContent(contentPath, join(copy, torrent.name));
    }
  });
});

describe("a polluting peer", () => {
  stageTest("is banned by everyone, and everyone finishes", async ({ stage }) => {
    const { tracker, contentPath, torrent } = await publishFilm(stage, ["--up-limit=16mbit"]);
    const polluter = stage.scope.add(
      await Polluter.start({
        address: stage.root.address,
        contentPath,
        infoHash: torrent.infoHash,
        pieceLengthBytes,
        badBlockEvery: 8,
      }),
    );
    const leechers = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const directory = await stage.nextFolder("copy");
        const flags = [`--peer=${polluter.endpoint}`];
        const node = await leech(stage, stage.nextHost(), tracker, torrent, directory, flags);
        return { node, copyPath: join(directory, torrent.name) };
      }),
    );
    for (const { node, copyPath } of leechers) {
      await node.complete(patienceMs);
      await assertSameContent(contentPath, copyPath);
      const banned = eventsOf(node, "banned").map((event) => textField(event, "peer"));
      expect(new Set(banned)).toEqual(new Set([polluter.endpoint]));
    }
    expect(polluter.badBlocks).toBeGreaterThan(0);
    // A banned peer is not called again.
    expect(polluter.connections).toBe(leechers.length);
  });
});

describe("a full disk", () => {
  stageTest("holds a download up, and room again lets it finish by itself", async ({ stage }) => {
    const { tracker, contentPath, torrent } = await publishFilm(stage, []);
    const disk = await stage.nextFolder("disk");
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${totalBytes / 2}`, "tmpfs", disk]);
    stage.scope.add(unmounting(disk));
    const leecher = await leech(stage, stage.nextHost(), tracker, torrent, disk);
    await leecher.child.waitForLine("its disk was full", patienceMs, eventNamed("disk-trouble"));
    expect(eventsOf(leecher, "complete")).toEqual([]);
    execFileSync("mount", ["-o", `remount,size=${totalBytes * 2}`, disk]);
    await leecher.child.waitForLine(
      "it noticed that there was room",
      patienceMs,
      eventNamed("disk-recovered"),
    );
    await leecher.complete(patienceMs);
    await assertSameContent(contentPath, join(disk, torrent.name));
    await leecher.stop();
  });
});

interface Scene {
  readonly tracker: TrackerServer;
  readonly seeder: ClientNode;
  readonly contentPath: string;
  readonly torrent: Torrent;
}

/** A tracker, and a seeder with a file of `totalBytes`. */
async function publishFilm(stage: Stage, seederFlags: readonly string[], catalogue?: string): Promise<Scene> {
  const tracker = await stage.startTracker(catalogue === undefined ? {} : { directory: catalogue });
  const contentPath = await stage.writeContent({ "film.bin": totalBytes });
  const { node, torrent } = await publish({
    scope: stage.scope,
    host: stage.nextHost(),
    announceUrl: tracker.announceUrl,
    contentPath,
    torrentFile: join(await stage.nextFolder("torrent"), "film.torrent"),
    pieceLengthBytes,
    flags: seederFlags,
  });
  return { tracker, seeder: node, contentPath, torrent };
}

function leech(
  stage: Stage,
  host: Host,
  tracker: TrackerServer,
  torrent: Torrent,
  directory: string,
  flags: readonly string[] = [],
): Promise<ClientNode> {
  const where = [`--torrent=${torrent.file}`, `--dir=${directory}`, `--tracker=${tracker.baseUrl}`];
  return startOurPeer("leecher", { scope: stage.scope, host, flags: [...where, ...flags] });
}

/** The first progress with at least so much verified, but not all. */
async function untilVerified(node: ClientNode, bytes: number): Promise<JsonRecord> {
  const progress = await node.child.waitForLine(`${bytes} bytes were verified`, patienceMs, (line) => {
    const event = eventNamed("progress")(line);
    return event && numberField(event, "verifiedBytes") >= bytes ? event : undefined;
  });
  expect(numberField(progress, "verifiedBytes")).toBeLessThan(totalBytes);
  return progress;
}

function eventsOf(node: ClientNode, name: string): JsonRecord[] {
  return node.child.lines.map(eventNamed(name)).filter((event) => event !== undefined);
}

function unmounting(path: string) {
  const unmount = (): void => {
    execFileSync("umount", ["--lazy", path]);
  };
  return { close: async () => unmount(), closeNow: unmount };
}
