import { join } from "node:path";
import { describe, expect } from "vitest";
import { assertSameContent } from "../content/compare-content.js";
import { ours, publish } from "../nodes/our-peer.js";
import { eventNamed, numberField } from "../process/json-lines.js";
import { foreignClients, isLeftOut, requireInstalled } from "./foreign-clients.js";
import { patienceMs, stageTest } from "./stage.js";

const leechersOfEachKind = 2;
const files = { "album/first.bin": 7_000_000, "album/empty.txt": 0, "album/second.bin": 9_000_001 };

describe("a swarm of all clients at our tracker", () => {
  stageTest("shares what our seeder gives slowly, until everyone has it", async ({ stage }) => {
    const present = foreignClients.filter(({ client }) => !isLeftOut(client));
    requireInstalled(present.map(({ client }) => client));
    const tracker = await stage.startTracker();
    const contentPath = await stage.writeContent(files);
    const { node: seeder, torrent } = await publish({
      scope: stage.scope,
      host: stage.nextHost(),
      announceUrl: tracker.announceUrl,
      contentPath,
      torrentFile: join(await stage.nextFolder("torrent"), "album.torrent"),
      pieceLengthBytes: 64 * 1024,
      flags: ["--up-limit=24mbit"],
    });

    const kinds = [{ client: ours, leavesEmptyFilesAway: false }, ...present];
    const leechers = kinds.flatMap((kind) => Array.from({ length: leechersOfEachKind }, () => kind));
    await Promise.all(
      leechers.map(async ({ client, leavesEmptyFilesAway }) => {
        const { node, copyPath } = await stage.leech(client, torrent, tracker);
        await node.complete(patienceMs);
        await assertSameContent(contentPath, copyPath, { emptyFilesMayBeMissing: leavesEmptyFilesAway });
      }),
    );

    await seeder.stop();
    const stopped = await seeder.child.waitForLine("its farewell", patienceMs, eventNamed("stopped"));
    // Without any sharing among the leechers it would be their number.
    const copiesGiven = numberField(stopped, "uploadedBytes") / torrent.totalBytes;
    expect(copiesGiven).toBeLessThan(leechers.length * 0.75);
  });
});
