import type { NodeContainer } from "./docker/node-container.js";
import type { DeclaringPlaces } from "./nodes/declaration.js";
import type { DeclaredElsewhere } from "./nodes/swarm.js";

/** Who is told which nodes there are. */
export interface SwarmObserver {
  /** A node is there, or not as it was: another run, name, address or declaration. */
  onNode(container: NodeContainer): void;
  /** A container is no node any more. */
  onGone(id: string): void;
  /** All containers that exist and are declared to be nodes, running or not. */
  onListed(ids: ReadonlySet<string>): void;
  /** All nodes that other agents look after, as far as they are known. */
  onElsewhere(others: readonly DeclaredElsewhere[]): void;
  /** The observer has been told of all nodes that run. */
  onCaughtUp(): void;
}

/** Where the agent learns of nodes. */
export interface SwarmSource {
  /** Why it sees nothing at present; undefined when it does. */
  readonly trouble: string | undefined;
  /** Tells its observer until the signal. */
  run(signal: AbortSignal): Promise<void>;
}

/** Which nodes an agent looks after. */
export interface SwarmScope {
  /** As health checks call its source. */
  readonly name: "docker" | "pod";
  readonly declaringPlaces: DeclaringPlaces;
  /** Why nodes are never cut off from each other; undefined where that is up to the kernel. */
  readonly partitionObstacle: string | undefined;
  /** Why links are not changed through the API; undefined where they are. */
  readonly changeObstacle: string | undefined;
  /** Whether a node waits for as long as its link was not measured, or was and is off; not just for a few attempts. */
  readonly isCertificateNeeded: boolean;
  readonly source: (observer: SwarmObserver) => SwarmSource;
}
