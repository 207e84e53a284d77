import { NodeClock } from "@swarmlab/engine/node/node-clock";
import { NodeDisk } from "@swarmlab/engine/node/node-disk";
import type { Network, SocketAddress } from "@swarmlab/engine/ports/network";
import type { Random } from "@swarmlab/engine/ports/random";
import { SeededRandom } from "@swarmlab/engine/random/seeded-random";
import { SystemRandom } from "@swarmlab/engine/random/system-random";
import { Session } from "@swarmlab/engine/session/session";
import { WorkerHasher } from "@swarmlab/engine/storage/worker-hasher";
import { listenError } from "@swarmlab/telemetry/http-server";
import type { NodeLink } from "./node-link.js";
import { nodeNameOf, openLink } from "./open-link.js";
import type { PeerContext } from "./peer-context.js";
import type { PeerSettings } from "./settings.js";

/** A BitTorrent client on this machine, behind its link; torrents are still to come. */
export interface PeerNode {
  readonly name: string;
  readonly link: NodeLink;
  readonly session: Session;
  readonly network: Network;
  readonly disk: NodeDisk;
  readonly hasher: WorkerHasher;
  /** Leaves all swarms, tells the trackers, and frees everything. */
  close(): Promise<void>;
}

/** Waits for the link, and opens the session behind it. Rejects with an AgentError, a ListenError, or the signal's reason. */
export async function openPeerNode(
  settings: PeerSettings,
  listen: SocketAddress,
  context: PeerContext,
): Promise<PeerNode> {
  const clock = new NodeClock();
  const disk = new NodeDisk();
  const link = await openLink(settings, clock, randomFor(settings.seed, "link"), context);
  const { network } = link;
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
      await Promise.all([session.close(), link.close()]);
      await hasher.close();
    };
    return { name: nodeNameOf(settings, link), link, session, network, disk, hasher, close };
  } catch (error) {
    await Promise.all([hasher.close(), link.close()]);
    throw listenError(error, listen.host, listen.port);
  }
}

/** Each purpose has its own sequence, so that one does not disturb another. */
function randomFor(seed: string | undefined, purpose: string): Random {
  return seed === undefined ? new SystemRandom() : new SeededRandom(`${seed}/${purpose}`);
}
