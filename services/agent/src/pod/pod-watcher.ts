import { readFile, readlink } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "@swarmlab/telemetry/logger";
import type { NodeContainer } from "../docker/node-container.js";
import type { SwarmObserver, SwarmSource } from "../swarm-source.js";
import { linkAnnotation, parseAnnotations, regionAnnotation } from "./annotations.js";
import type { PodSettings } from "./pod-settings.js";

export interface PodWatcherOptions {
  readonly pod: PodSettings;
  readonly observer: SwarmObserver;
  readonly logger: Logger;
  readonly readEveryMs: number;
  /** Where the other pods are is known, so that regions mean something. */
  readonly doRegionsCount: boolean;
}

const loopback = ["127.0.0.1", "::1"];

/**
 * Follows the annotations of the pod that the agent is in. It reads the small file again and again: watches (inotify) are
 * scarce on a node with many pods, since root shares them with all that is root's there.
 */
export class PodWatcher implements SwarmSource {
  readonly #options: PodWatcherOptions;
  #told: string | undefined;
  #trouble: string | undefined = "the annotations were not read yet";

  constructor(options: PodWatcherOptions) {
    this.#options = options;
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { readEveryMs } = this.#options;
    while (!signal.aborted) {
      await this.#look();
      await delay(readEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** What cannot be read changes nothing of what is in force. */
  async #look(): Promise<void> {
    const { pod, logger } = this.#options;
    try {
      this.#seen(parseAnnotations(await readFile(pod.annotations, "utf8")), await ownNamespace());
      this.#trouble = undefined;
    } catch (error) {
      const message = `${pod.annotations}: ${error instanceof Error ? error.message : String(error)}`;
      if (this.#trouble !== message) logger.warn(message);
      this.#trouble = message;
    }
  }

  #seen(annotations: ReadonlyMap<string, string>, namespace: string): void {
    const { pod, observer, logger, doRegionsCount } = this.#options;
    const link = annotations.get(linkAnnotation)?.trim() ?? "";
    const region = annotations.get(regionAnnotation)?.trim() ?? "";
    const told = JSON.stringify([link, region]);
    if (told === this.#told) return;
    const isFirst = this.#told === undefined;
    this.#told = told;
    if (link === "") logger.warn(`the pod has no annotation ${linkAnnotation}: its link adds nothing`);
    if (region !== "" && !doRegionsCount) {
      logger.warn(`the annotation ${regionAnnotation} adds no delay without --kubernetes-regions`);
    }
    const node = containerOf(pod, namespace, link, doRegionsCount ? region : "");
    if (isFirst) observer.onListed(new Set([node.id]));
    observer.onNode(node);
    if (isFirst) observer.onCaughtUp();
  }
}

/** The pod as the swarm's only node; whoever is in it may ask for its link. */
function containerOf(
  { node, address }: PodSettings,
  namespace: string,
  link: string,
  region: string,
): NodeContainer {
  return {
    id: node,
    name: node,
    shortName: node,
    pid: process.pid,
    startedAt: `${address} ${namespace}`,
    swarmAddresses: [address],
    addresses: [address, ...loopback],
    link,
    region,
  };
}

function ownNamespace(): Promise<string> {
  return readlink("/proc/self/ns/net");
}
