import { emulateLink } from "@swarmlab/engine/link/link-network";
import { unsupportedImpairments } from "@swarmlab/engine/link/unsupported-impairments";
import { NodeClock } from "@swarmlab/engine/node/node-clock";
import { NodeDisk } from "@swarmlab/engine/node/node-disk";
import { NodeNetwork } from "@swarmlab/engine/node/node-network";
import type { Network } from "@swarmlab/engine/ports/network";
import type { Random } from "@swarmlab/engine/ports/random";
import { SeededRandom } from "@swarmlab/engine/random/seeded-random";
import { SystemRandom } from "@swarmlab/engine/random/system-random";
import { Session } from "@swarmlab/engine/session/session";
import { WorkerHasher } from "@swarmlab/engine/storage/worker-hasher";
import { formatLink } from "@swarmlab/scenario/link";
import { listenError } from "@swarmlab/telemetry/http-server";
import type { Logger } from "@swarmlab/telemetry/logger";
import type { LinkBackend } from "./output/peer-event.js";
import type { PeerSettings } from "./settings.js";

/** A BitTorrent client on this machine, behind its link; torrents are still to come. */
export interface PeerNode {
  readonly session: Session;
  readonly network: Network;
  readonly disk: NodeDisk;
  readonly hasher: WorkerHasher;
  readonly backend: LinkBackend;
  /** Leaves all swarms, tells the trackers, and frees everything. */
  close(): Promise<void>;
}

/** Opens the session on the network of this machine. Rejects with a ListenError. */
export async function openPeerNode(settings: PeerSettings, logger: Logger): Promise<PeerNode> {
  const { link, listen } = settings;
  const clock = new NodeClock();
  const disk = new NodeDisk();
  const system = new NodeNetwork();
  const network = emulateLink(system, clock, randomFor(settings.seed, "link"), link);
  const backend = network === system ? "none" : "userspace";
  logger.info({ backend, link: formatLink(link) }, "link");
  for (const sentence of unsupportedImpairments(link))
    logger.warn(`the link is not as declared: ${sentence}`);
  const hasher = new WorkerHasher();
  try {
    const session = await Session.open({
      network,
      clock,
      random: randomFor(settings.seed, "peer"),
      disk,
      hasher,
      listen,
      ...(Number.isFinite(settings.upLimit) ? { uploadBitsPerSecond: settings.upLimit } : {}),
      ...(Number.isFinite(settings.downLimit) ? { downloadBitsPerSecond: settings.downLimit } : {}),
    });
    const close = async () => {
      await session.close();
      await hasher.close();
    };
    return { session, network, disk, hasher, backend, close };
  } catch (error) {
    await hasher.close();
    throw listenError(error, listen.host, listen.port);
  }
}

/** Each purpose has its own sequence, so that one does not disturb another. */
function randomFor(seed: string | undefined, purpose: string): Random {
  return seed === undefined ? new SystemRandom() : new SeededRandom(`${seed}/${purpose}`);
}
