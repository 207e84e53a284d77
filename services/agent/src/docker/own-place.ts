import type { Logger } from "@swarmlab/telemetry/logger";
import { type OwnAddress, ownAddressIn } from "./swarm-subnet.js";

/** Where the agent is on the swarm's network, as far as Docker has told of that; it measures links from there. */
export class OwnPlace {
  readonly #logger: Logger;
  #subnets: readonly string[] | undefined;
  #isMissed = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Takes note of the network's subnets. */
  locate(subnets: readonly string[]): void {
    this.#subnets = subnets;
  }

  /**
   * Undefined before Docker has told, and when the agent is not on the network. Looked up each time: on a host, a bridge
   * has its address only while there are containers on it.
   */
  get address(): OwnAddress | undefined {
    if (this.#subnets === undefined) return undefined;
    const address = ownAddressIn(this.#subnets);
    if (address === undefined && !this.#isMissed) {
      this.#logger.warn(
        { subnets: this.#subnets },
        "the agent is not on the swarm's network: it cannot measure links",
      );
    }
    this.#isMissed = address === undefined;
    return address;
  }
}
