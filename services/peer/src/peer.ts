import type { SocketAddress } from "@swarmlab/engine/ports/network";
import type { Torrent } from "@swarmlab/engine/torrent/torrent";
import { type AnnounceTimes, defaultAnnounceTimes } from "@swarmlab/engine/tracker-client/announce-schedule";
import { formatLink } from "@swarmlab/scenario/link";
import { formatSocketAddress } from "@swarmlab/settings/addresses";
import { type ControlServer, startControlServer } from "@swarmlab/telemetry/control-server";
import { hostNames, localAddress } from "@swarmlab/telemetry/local-address";
import { createRegistry } from "@swarmlab/telemetry/registry";
import { exitCodes } from "@swarmlab/telemetry/shutdown";
import { apiRoutes } from "./api.js";
import { runCompletionCommand } from "./completion-command.js";
import { FirstAnnounce } from "./first-announce.js";
import { registerMetrics } from "./metrics.js";
import type { PeerContext } from "./peer-context.js";
import { openPeerNode, type PeerNode } from "./peer-node.js";
import type { PeerView } from "./peer-view.js";
import { reportError } from "./report-error.js";
import { type PeerSettings, version } from "./settings.js";
import { Catalogue } from "./source/catalogue.js";
import { findSource } from "./source/find-source.js";
import { publishTorrent } from "./source/publish-torrent.js";
import type { TorrentSource } from "./source/torrent-source.js";
import { trackerAddress } from "./source/tracker-address.js";
import { Story } from "./story.js";
import { type CompletedTorrent, TorrentReport } from "./torrent-report.js";

/** Half of the lag that an alert is about. At 10 ms, looking takes most of what an idle peer needs of a processor. */
const EVENT_LOOP_RESOLUTION_MS = 50;

/** A seeder or leecher of one torrent, with its control side. */
export class Peer {
  readonly #settings: PeerSettings;
  readonly #context: PeerContext;
  readonly #node: PeerNode;
  readonly #story: Story;
  readonly #catalogues: readonly Catalogue[];
  #control: ControlServer | undefined;
  #report: TorrentReport | undefined;

  private constructor(settings: PeerSettings, context: PeerContext, node: PeerNode) {
    this.#settings = settings;
    this.#context = context;
    this.#node = node;
    this.#story = new Story(context.logger);
    this.#catalogues = settings.tracker.flatMap((url) => {
      const { catalogueUrl } = trackerAddress(url);
      return catalogueUrl === undefined ? [] : [new Catalogue(catalogueUrl, node.network)];
    });
  }

  /**
   * Waits for the link, and listens for peers and on the control side. Rejects with a ListenError, an AgentError, or the
   * signal's reason.
   */
  static async open(settings: PeerSettings, context: PeerContext): Promise<Peer> {
    const { logger, output, signal } = context;
    signal.throwIfAborted();
    const listenAddress = await localAddress(settings.listen, { logger, signal });
    const controlAddress = await localAddress(settings.control, { logger, signal });
    const node = await openPeerNode(settings, listenAddress, context);
    const peer = new Peer(settings, context, node);
    try {
      peer.#control = await peer.#startControl(controlAddress);
    } catch (error) {
      await node.close();
      throw error;
    }
    const listen = formatSocketAddress(reachable(node.session.listenAddress));
    const control = peer.#control.url;
    logger.info({ node: node.name, listen, control }, "ready");
    const { link, backend } = node.link.placed;
    output.show({ event: "ready", node: node.name, listen, control, link: formatLink(link), backend });
    return peer;
  }

  /**
   * Gets hold of the torrent and takes part in its swarm, until it is asked to stop or has nothing left to do.
   * Resolves with the exit code; rejects when it cannot go on.
   */
  async run(): Promise<number> {
    const { signal } = this.#context;
    try {
      const source = await findSource(this.#settings, this.#catalogues, this.#node, this.#context);
      return await this.#takePart(source);
    } catch (error) {
      if (signal.aborted) return exitCodes.success;
      throw error;
    }
  }

  /** Leaves the swarm, tells the trackers, saves what is needed to resume, and frees everything. */
  async close(): Promise<void> {
    this.#report?.close();
    const { session } = this.#node;
    await Promise.all([this.#node.close(), this.#control?.close()]);
    const { payloadSentBytes: uploadedBytes, payloadReceivedBytes: downloadedBytes } = session.metrics;
    this.#story.onStopped(uploadedBytes, downloadedBytes);
    this.#context.output.show({ event: "stopped", uploadedBytes, downloadedBytes });
  }

  #startControl(address: SocketAddress): Promise<ControlServer> {
    const { role, listen, control, allowHost } = this.#settings;
    const { name, link, session } = this.#node;
    const view: PeerView = {
      role,
      nodeName: name,
      session,
      startedAt: new Date(),
      link: () => link.placed,
      joinedAt: () => this.#report?.joinedAt,
      completedAt: () => this.#report?.completedAt,
    };
    const registry = createRegistry({
      service: "peer",
      version,
      labels: { role, node: name },
      eventLoopResolutionMs: EVENT_LOOP_RESOLUTION_MS,
    });
    registerMetrics(registry, view);
    return startControlServer(address, {
      logger: this.#context.logger,
      registry,
      checks: { torrent: () => this.#report?.problem },
      allowedHosts: [...allowHost, ...hostNames([listen, control])],
      routes: apiRoutes(view),
    });
  }

  async #takePart(source: TorrentSource): Promise<number> {
    const { role, peer, maxConnections, uploadSlots, spread, announceInterval } = this.#settings;
    const { output, signal } = this.#context;
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => resolve(exitCodes.success), { once: true });
      const report = new TorrentReport({
        role,
        source,
        output,
        story: this.#story,
        onComplete: (completed) => {
          this.#onComplete(completed).then((exitCode) => {
            if (this.#settings.exitOnComplete) resolve(exitCode);
          }, reject);
        },
        onFailure: reject,
      });
      this.#report = report;
      const firstAnnounce = new FirstAnnounce();
      const { infoHash, info, announceTiers, directory, resumeState } = source;
      const torrent = this.#node.session.addTorrent({
        infoHash,
        announceTiers,
        directory,
        mode: role === "seeder" ? "seed" : "download",
        peers: [...peer, ...source.peers],
        maxConnections,
        spreadsFirstCopies: spread,
        announceTimes: announceTimes(announceInterval),
        ...(info === undefined ? {} : { info }),
        ...(resumeState === undefined ? {} : { resumeState }),
        ...(uploadSlots === undefined ? {} : { uploadSlots }),
        observe: (event) => {
          report.observe(event);
          firstAnnounce.observe(event);
        },
      });
      report.attach(torrent);
      this.#publish(source, torrent, firstAnnounce).catch(reject);
    });
  }

  /** The tracker is to know of us when others see the torrent; one that takes what it knows only hears of us again. */
  async #publish(source: TorrentSource, torrent: Torrent, firstAnnounce: FirstAnnounce): Promise<void> {
    const { torrentFile } = source;
    if (this.#settings.role === "leecher" || torrentFile === undefined) return;
    await firstAnnounce.tried;
    await publishTorrent(torrentFile, this.#catalogues, this.#context);
    if (!firstAnnounce.hasSucceeded) torrent.announce();
  }

  async #onComplete(completed: CompletedTorrent): Promise<number> {
    const { onComplete } = this.#settings;
    const { signal, logger, output } = this.#context;
    if (onComplete === undefined) return exitCodes.success;
    try {
      await runCompletionCommand(onComplete, completed, signal);
      logger.info("the command on completion is done");
      return exitCodes.success;
    } catch (error) {
      if (signal.aborted) return exitCodes.success;
      reportError(error, logger, output);
      return exitCodes.failure;
    }
  }
}

/** Trackers say when to announce; a lab may want it sooner, and then failures are retried sooner as well. */
function announceTimes(maxIntervalMs: number): Partial<AnnounceTimes> {
  const { minIntervalMs, firstRetryMs } = defaultAnnounceTimes;
  return {
    maxIntervalMs,
    minIntervalMs: Math.min(minIntervalMs, maxIntervalMs),
    firstRetryMs: Math.min(firstRetryMs, maxIntervalMs),
  };
}

/** Where a client on this host reaches what listens on all addresses. */
function reachable({ host, port }: SocketAddress): SocketAddress {
  return { host: host === "::" || host === "0.0.0.0" ? "127.0.0.1" : host, port };
}
