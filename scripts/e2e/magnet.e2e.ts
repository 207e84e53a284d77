import { dirname, join } from "node:path";
import { beforeAll, describe } from "vitest";
import { assertSameContent } from "../content/compare-content.js";
import { libtorrent } from "../foreign/libtorrent.js";
import { ours, publish } from "../nodes/our-peer.js";
import { type TrackerServer, untilSeedersAnnounced } from "../nodes/tracker.js";
import { isLeftOut, requireInstalled } from "./foreign-clients.js";
import { patienceMs, stageTest } from "./stage.js";

const pieceLengthBytes = 32 * 1024;
/** So many pieces that the metadata (20 bytes for each) needs several messages of 16 KiB (BEP 9). */
const files = { "film.bin": 1000 * pieceLengthBytes + 1 };

describe.skipIf(isLeftOut(libtorrent))("with a magnet link", () => {
  beforeAll(() => requireInstalled([libtorrent]));

  stageTest("our leecher gets metadata and content from libtorrent", async ({ stage }) => {
    const tracker = await stage.startTracker();
    const contentPath = await stage.writeContent(files);
    const torrent = await stage.makeTorrent(contentPath, tracker, pieceLengthBytes);
    const seeder = await libtorrent.seed({
      scope: stage.scope,
      host: stage.nextHost(),
      announceUrl: tracker.announceUrl,
      stateDirectory: await stage.nextFolder("state"),
      torrentFile: torrent.file,
      directory: dirname(contentPath),
    });
    await seeder.ready(patienceMs);
    await untilSeedersAnnounced(tracker, torrent.infoHash, 1, patienceMs);
    const link = { file: magnetLink(torrent.infoHash, tracker), name: torrent.name };
    const { node, copyPath } = await stage.leech(ours, link, tracker);
    await node.complete(patienceMs);
    await node.stop();
    await assertSameContent(contentPath, copyPath);
  });

  stageTest("libtorrent gets metadata and content from our seeder", async ({ stage }) => {
    const tracker = await stage.startTracker();
    const contentPath = await stage.writeContent(files);
    const { torrent } = await publish({
      scope: stage.scope,
      host: stage.nextHost(),
      announceUrl: tracker.announceUrl,
      contentPath,
      torrentFile: join(await stage.nextFolder("torrent"), "film.torrent"),
      pieceLengthBytes,
    });
    const link = { file: magnetLink(torrent.infoHash, tracker), name: torrent.name };
    const { node, copyPath } = await stage.leech(libtorrent, link, tracker);
    await node.complete(patienceMs);
    await node.stop();
    await assertSameContent(contentPath, copyPath);
  });
});

function magnetLink(infoHash: string, { announceUrl }: TrackerServer): string {
  return `magnet:?xt=urn:btih:${infoHash}&tr=${encodeURIComponent(announceUrl)}`;
}
