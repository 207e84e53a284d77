import { dirname, join } from "node:path";
import { beforeAll, describe, expect } from "vitest";
import { assertSameContent } from "../content/compare-content.js";
import { aria2 } from "../foreign/aria2.js";
import { ours, publish } from "../nodes/our-peer.js";
import { untilSeedersAnnounced } from "../nodes/tracker.js";
import { foreignClients, isLeftOut, requireInstalled } from "./foreign-clients.js";
import { type ContentFiles, patienceMs, stageTest } from "./stage.js";

const pieceLengthBytes = 32 * 1024;

/** Every client fetches and gives these. */
const shapes: readonly { readonly name: string; readonly files: ContentFiles }[] = [
  { name: "one file", files: { "film.bin": 6_000_011 } },
  {
    name: "a folder with files of odd sizes",
    files: {
      "album/empty.txt": 0,
      "album/one-byte.txt": 1,
      "album/disc 1/one past a piece.bin": pieceLengthBytes + 1,
      "album/disc 1/bonus/whole-pieces.bin": 4 * pieceLengthBytes,
      "album/größe ✓.bin": 1_234_567,
    },
  },
  { name: "a file of one byte", files: { "one-byte.txt": 1 } },
  { name: "a file one byte longer than a piece", files: { "one-past.bin": pieceLengthBytes + 1 } },
];

for (const { client, leavesEmptyFilesAway } of foreignClients) {
  describe.skipIf(isLeftOut(client))(`with ${client.name}`, () => {
    beforeAll(() => requireInstalled([client]));

    stageTest.concurrent.for(shapes)("our seeder gives it $name", async ({ files }, { stage }) => {
      const tracker = await stage.startTracker();
      const contentPath = await stage.writeContent(files);
      const torrentFile = join(await stage.nextFolder("torrent"), "ours.torrent");
      const { announceUrl } = tracker;
      const { torrent } = await publish({
        scope: stage.scope,
        host: stage.nextHost(),
        announceUrl,
        contentPath,
        torrentFile,
        pieceLengthBytes,
      });
      const { node, copyPath } = await stage.leech(client, torrent, tracker);
      await node.complete(patienceMs);
      await node.stop();
      await assertSameContent(contentPath, copyPath, { emptyFilesMayBeMissing: leavesEmptyFilesAway });
    });

    stageTest.concurrent.for(shapes)("it gives our leecher $name", async ({ files }, { stage }) => {
      const tracker = await stage.startTracker();
      const contentPath = await stage.writeContent(files);
      const torrent = await stage.makeTorrent(contentPath, tracker, pieceLengthBytes);
      const seeder = await client.seed({
        scope: stage.scope,
        host: stage.nextHost(),
        announceUrl: tracker.announceUrl,
        stateDirectory: await stage.nextFolder("state"),
        torrentFile: torrent.file,
        directory: dirname(contentPath),
      });
      await seeder.ready(patienceMs);
      await untilSeedersAnnounced(tracker, torrent.infoHash, 1, patienceMs);
      const { node, copyPath } = await stage.leech(ours, torrent, tracker);
      await node.complete(patienceMs);
      await node.stop();
      await assertSameContent(contentPath, copyPath);
    });
  });
}

// libtorrent and Transmission refuse such a torrent as invalid.
describe("with a torrent of one file without a byte", () => {
  stageTest("our leecher is complete at once", async ({ stage }) => {
    const tracker = await stage.startTracker();
    const contentPath = await stage.writeContent({ "nothing.bin": 0 });
    const torrent = await stage.makeTorrent(contentPath, tracker, pieceLengthBytes);
    const { node, copyPath } = await stage.leech(ours, torrent, tracker);
    await node.complete(patienceMs);
    await assertSameContent(contentPath, copyPath);
  });

  stageTest.skipIf(isLeftOut(aria2))("aria2 takes the one that our seeder makes", async ({ stage }) => {
    requireInstalled([aria2]);
    const tracker = await stage.startTracker();
    const contentPath = await stage.writeContent({ "nothing.bin": 0 });
    const { torrent } = await publish({
      scope: stage.scope,
      host: stage.nextHost(),
      announceUrl: tracker.announceUrl,
      contentPath,
      torrentFile: join(await stage.nextFolder("torrent"), "nothing.torrent"),
      pieceLengthBytes,
    });
    expect(torrent.totalBytes).toBe(0);
    const { node, copyPath } = await stage.leech(aria2, torrent, tracker);
    // It makes the file and listens, but calls its completion hook only for torrents with pieces.
    await node.ready(patienceMs);
    await node.stop();
    await assertSameContent(contentPath, copyPath);
  });
});
