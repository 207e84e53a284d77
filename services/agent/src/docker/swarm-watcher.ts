import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "@swarmlab/telemetry/logger";
import { Slots } from "../links/slots.js";
import type { SwarmObserver, SwarmSource } from "../swarm-source.js";
import type { DockerEngine } from "./docker-engine.js";
import type { NodeContainer } from "./node-container.js";
import type { OwnPlace } from "./own-place.js";

export interface SwarmWatcherOptions {
  readonly engine: DockerEngine;
  readonly observer: SwarmObserver;
  /** Is told of the swarm network's subnets. */
  readonly place: OwnPlace;
  readonly logger: Logger;
  /** How often all containers are looked at anyway, in case that an event was lost. */
  readonly listEveryMs: number;
}

const concurrentInspections = 8;
const inspectAgainMs = 1_000;
const firstRetryMs = 250;
const maxRetryMs = 5_000;

/** Follows the containers of the swarm through Docker's events, and through lists when it has missed some. */
export class SwarmWatcher implements SwarmSource {
  readonly #options: SwarmWatcherOptions;
  readonly #inspections = new Slots(concurrentInspections);
  /** The nodes that the observer was told of, as a text that differs when they do. */
  readonly #told = new Map<string, string>();
  /** Containers that are being looked at, and whether they are to be looked at once more: until that signal. */
  readonly #looking = new Map<string, AbortSignal | undefined>();
  #trouble: string | undefined = "Docker was not asked yet";

  constructor(options: SwarmWatcherOptions) {
    this.#options = options;
  }

  /** Why the watcher sees nothing at present; undefined when it does. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Watches until the signal; survives that Docker goes away and comes back. */
  async run(signal: AbortSignal): Promise<void> {
    let retryMs = firstRetryMs;
    while (!signal.aborted) {
      const connection = new AbortController();
      try {
        await this.#watch(AbortSignal.any([signal, connection.signal]), () => {
          retryMs = firstRetryMs;
        });
      } catch (error) {
        if (signal.aborted) return;
        this.#inTrouble(error instanceof Error ? error.message : String(error));
      } finally {
        connection.abort();
      }
      await delay(retryMs, undefined, { signal }).catch(() => undefined);
      retryMs = Math.min(2 * retryMs, maxRetryMs);
    }
  }

  /** Events are listened to before the list is asked for, so that nothing falls in between. */
  async #watch(signal: AbortSignal, onConnected: () => void): Promise<void> {
    const events = await this.#options.engine.containerEvents(signal);
    await this.#list(signal);
    onConnected();
    if (this.#trouble !== undefined) this.#options.logger.info("watching Docker");
    this.#trouble = undefined;
    const follow = async () => {
      for await (const id of events) void this.#look(id, signal);
    };
    await Promise.race([follow(), this.#listAgain(signal)]);
  }

  async #listAgain(signal: AbortSignal): Promise<never> {
    for (;;) {
      await delay(this.#options.listEveryMs, undefined, { signal });
      await this.#list(signal);
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { engine, observer, place } = this.#options;
    const ids = new Set(await engine.labelledContainers(signal));
    const subnets = await engine.swarmSubnets(signal);
    observer.onListed(ids);
    place.locate(subnets);
    // Whoever is not on the list may be gone, or have started while it was made.
    const all = new Set([...ids, ...this.#told.keys()]);
    await Promise.all(Array.from(all, (id) => this.#look(id, signal)));
    observer.onCaughtUp();
  }

  /** What an event says may be over already, so the container is asked; once at a time. */
  async #look(id: string, signal: AbortSignal): Promise<void> {
    if (this.#looking.has(id)) {
      this.#looking.set(id, signal);
      return;
    }
    this.#looking.set(id, undefined);
    await this.#inspections.run(() => this.#inspect(id, signal));
  }

  async #inspect(id: string, signal: AbortSignal): Promise<void> {
    try {
      const container = await this.#options.engine.nodeContainer(id, signal);
      if (container === undefined) this.#gone(id);
      else this.#seen(container);
    } catch (error) {
      // With Docker away, the list asks again once it is back.
      if (!signal.aborted) this.#askAgain(id, signal, error);
    }
    const again = this.#looking.get(id);
    this.#looking.delete(id);
    if (again?.aborted === false) void this.#look(id, again);
  }

  #askAgain(id: string, signal: AbortSignal, error: unknown): void {
    this.#options.logger.warn({ err: error, container: id }, "container not read");
    delay(inspectAgainMs, undefined, { signal }).then(
      () => this.#look(id, signal),
      () => undefined,
    );
  }

  #seen(container: NodeContainer): void {
    const text = JSON.stringify(container);
    if (this.#told.get(container.id) === text) return;
    this.#told.set(container.id, text);
    this.#options.observer.onNode(container);
  }

  #gone(id: string): void {
    if (this.#told.delete(id)) this.#options.observer.onGone(id);
  }

  #inTrouble(message: string): void {
    if (this.#trouble !== message) this.#options.logger.warn(message);
    this.#trouble = message;
  }
}
