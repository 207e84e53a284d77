import type { Logger } from "@swarmlab/telemetry/logger";
import type { AgentSettings } from "../settings.js";
import type { SwarmScope } from "../swarm-source.js";
import { DockerEngine } from "./docker-engine.js";
import { linkLabel, regionLabel } from "./node-container.js";
import type { OwnPlace } from "./own-place.js";
import { SwarmWatcher } from "./swarm-watcher.js";

/** All labelled containers on a network of Docker's. */
export function dockerScope(
  { dockerSocket, network }: AgentSettings,
  place: OwnPlace,
  listEveryMs: number,
  logger: Logger,
): SwarmScope {
  const engine = new DockerEngine(dockerSocket, network);
  return {
    name: "docker",
    declaringPlaces: { link: `label ${linkLabel}`, region: `label ${regionLabel}` },
    partitionObstacle: undefined,
    changeObstacle: undefined,
    // All nodes of a busy host share it with who measures: better joined than never.
    isCertificateNeeded: false,
    source: (observer) => new SwarmWatcher({ engine, observer, place, logger, listEveryMs }),
  };
}
