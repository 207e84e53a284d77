import type { Logger } from "@swarmlab/telemetry/logger";
import type { SwarmScope } from "../swarm-source.js";
import { linkAnnotation, regionAnnotation } from "./annotations.js";
import type { PodSettings } from "./pod-settings.js";
import { PodWatcher } from "./pod-watcher.js";

/** The pod that the agent is a container of: a swarm of one node. */
export function podScope(pod: PodSettings, readEveryMs: number, logger: Logger): SwarmScope {
  return {
    name: "pod",
    declaringPlaces: { link: `annotation ${linkAnnotation}`, region: `annotation ${regionAnnotation}` },
    partitionObstacle:
      "an agent in a pod knows no other nodes; a NetworkPolicy cuts pods off from each other",
    source: (observer) => new PodWatcher({ pod, observer, logger, readEveryMs }),
  };
}
