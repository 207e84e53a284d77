import type { Logger } from "@swarmlab/telemetry/logger";
import type { SwarmObserver, SwarmScope, SwarmSource } from "../swarm-source.js";
import { linkAnnotation, regionAnnotation } from "./annotations.js";
import type { KubernetesApi } from "./kubernetes-api.js";
import type { PodSettings } from "./pod-settings.js";
import { PodWatcher } from "./pod-watcher.js";
import { PodsWatcher } from "./pods-watcher.js";

export interface PodScopeOptions {
  readonly pod: PodSettings;
  /** Tells where the other pods are; undefined where regions do not count. */
  readonly api: KubernetesApi | undefined;
  readonly readEveryMs: number;
  readonly logger: Logger;
}

/** The pod that the agent is a container of: a swarm of one node, which may know where the others are. */
export function podScope(options: PodScopeOptions): SwarmScope {
  return {
    name: "pod",
    declaringPlaces: { link: `annotation ${linkAnnotation}`, region: `annotation ${regionAnnotation}` },
    partitionObstacle:
      "an agent in a pod knows no other nodes; a NetworkPolicy cuts pods off from each other",
    // People and the node, whose conditions these are, ask from the same addresses here.
    changeObstacle: `a pod's link is changed by its annotation: kubectl annotate pod ${options.pod.node} ${linkAnnotation}=… --overwrite`,
    isCertificateNeeded: true,
    source: (observer) => sourceOf(options, observer),
  };
}

function sourceOf({ pod, api, readEveryMs, logger }: PodScopeOptions, observer: SwarmObserver): SwarmSource {
  if (api === undefined) return new PodWatcher({ pod, observer, logger, readEveryMs, doRegionsCount: false });
  // Work begins when both the link and where the others are is known: a peer joins only behind all of that.
  let missing = 2;
  const onKnown = () => {
    missing -= 1;
    if (missing === 0) observer.onCaughtUp();
  };
  const own = new PodWatcher({
    pod,
    observer: {
      onNode: (node) => observer.onNode(node),
      onGone: (id) => observer.onGone(id),
      onListed: (ids) => observer.onListed(ids),
      onElsewhere: (others) => observer.onElsewhere(others),
      onCaughtUp: onKnown,
    },
    logger,
    readEveryMs,
    doRegionsCount: true,
  });
  let isFirst = true;
  const others = new PodsWatcher({
    api,
    ownName: pod.node,
    logger,
    onPods: (pods) => {
      observer.onElsewhere(pods);
      if (isFirst) onKnown();
      isFirst = false;
    },
  });
  return {
    get trouble() {
      return own.trouble ?? others.trouble;
    },
    run: async (signal) => {
      await Promise.all([own.run(signal), others.run(signal)]);
    },
  };
}
