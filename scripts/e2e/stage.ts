import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { inject, test } from "vitest";
import { makeTorrent, type Torrent } from "../content/torrent.js";
import { writeContent } from "../content/write-content.js";
import type { BitTorrentClient, ClientNode } from "../nodes/client.js";
import { type OurTrackerOptions, startOurTracker } from "../nodes/our-tracker.js";
import type { TrackerServer } from "../nodes/tracker.js";
import type { Host } from "../process/host.js";
import { Scope } from "../process/scope.js";

/** What a node of a test may take to start, to find the others, and to fetch a few megabytes. */
export const patienceMs = 120_000;

/** Files by their path below the content's folder, with their sizes in bytes. One without a folder stands alone. */
export type ContentFiles = Readonly<Record<string, number>>;

/** One test's scene: hosts, folders, a tracker, and whatever it starts. */
export class Stage {
  readonly root = inject("rootHost");
  readonly #members = inject("memberHosts");
  #hosts = 0;
  #folders = 0;

  private constructor(
    /** Closes all that the test starts. */
    readonly scope: Scope,
    private readonly folder: string,
  ) {}

  static async open(): Promise<Stage> {
    const scope = new Scope();
    return new Stage(scope, await scope.scratchDirectory("e2e"));
  }

  /** A host on which this test has nothing yet. */
  nextHost(): Host {
    const host = this.#members[this.#hosts++];
    if (host === undefined) throw new RangeError(`the lab has ${this.#members.length} hosts only`);
    return host;
  }

  /** A fresh empty folder. */
  async nextFolder(purpose: string): Promise<string> {
    const path = join(this.folder, `${purpose}-${this.#folders++}`);
    await mkdir(path);
    return path;
  }

  async startTracker(
    options: Partial<Pick<OurTrackerOptions, "directory" | "port">> = {},
  ): Promise<TrackerServer> {
    const directory = options.directory ?? (await this.nextFolder("catalogue"));
    return startOurTracker({ scope: this.scope, host: this.root, ...options, directory });
  }

  /** Writes the files and gives the path of the file or folder they make up. */
  async writeContent(files: ContentFiles): Promise<string> {
    const folder = await this.nextFolder("content");
    let name = "";
    for (const [path, sizeBytes] of Object.entries(files)) {
      await writeContent(join(folder, path), sizeBytes, path);
      name = path.split("/")[0] ?? path;
    }
    return join(folder, name);
  }

  async makeTorrent(contentPath: string, tracker: TrackerServer, pieceLengthBytes: number): Promise<Torrent> {
    const torrentFile = join(await this.nextFolder("torrent"), "example.torrent");
    const { announceUrl } = tracker;
    return makeTorrent({ contentPath, torrentFile, announceUrl, pieceLengthBytes });
  }

  /** A leecher of any client, and where its copy will be. */
  async leech(
    client: BitTorrentClient,
    torrent: { readonly file: string; readonly name: string },
    tracker: TrackerServer,
  ): Promise<{ node: ClientNode; copyPath: string }> {
    const directory = await this.nextFolder("copy");
    const node = await client.leech({
      scope: this.scope,
      host: this.nextHost(),
      announceUrl: tracker.announceUrl,
      stateDirectory: await this.nextFolder("state"),
      torrent: torrent.file,
      directory,
    });
    return { node, copyPath: join(directory, torrent.name) };
  }
}

/** A test with a stage of its own, cleared afterwards. */
export const stageTest = test.extend<{ stage: Stage }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest wants the parameter destructured
  stage: async ({}, use) => {
    const stage = await Stage.open();
    try {
      await use(stage);
    } finally {
      await stage.scope.close();
    }
  },
});
