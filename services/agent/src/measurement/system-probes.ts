import { readFile } from "node:fs/promises";
import type { Link } from "@swarmlab/scenario/link";
import { CommandError, type CommandRunner, inNetworkNamespace } from "@swarmlab/tc-wrapper/command-runner";
import type { NodeContainer } from "../docker/node-container.js";
import type { OwnPlace } from "../docker/own-place.js";
import type { OwnAddress } from "../docker/swarm-subnet.js";
import { type NamespaceAccess, NamespaceError, openNamespace } from "../links/container-namespace.js";
import { Slots } from "../links/slots.js";
import type { Direction } from "./flood-plan.js";
import type { LinkProbes } from "./link-probes.js";
import { MeasurementError } from "./measurement-error.js";
import { ping, pingFrameBytes, pingPlan } from "./ping.js";
import { probeRate } from "./rate-probe.js";

/** Round trips are waiting, mostly; but each takes a process. */
const concurrentPings = 8;
const defaultMtuBytes = 1500;

/** Measures with `ping` and with floods. */
export class SystemProbes implements LinkProbes {
  readonly roundTripCost = { bytes: pingFrameBytes, packets: 1 };
  readonly #place: OwnPlace;
  readonly #access: NamespaceAccess;
  readonly #commands = inNetworkNamespace();
  readonly #pings = new Slots(concurrentPings);
  /** One flood at a time, or they would measure each other. */
  readonly #floods = new Slots(1);

  constructor(place: OwnPlace, access: NamespaceAccess) {
    this.#place = place;
    this.#access = access;
  }

  async roundTrips(container: NodeContainer, link: Link, signal: AbortSignal): Promise<number[]> {
    this.#ownAddress();
    const [address] = container.swarmAddresses;
    return this.#pings.run(() => ping(this.#commands, address, pingPlan([link]), signal));
  }

  async rate(
    container: NodeContainer,
    link: Link,
    direction: Direction,
    signal: AbortSignal,
  ): Promise<number> {
    const own = this.#ownAddress();
    return this.#floods.run(async () => {
      await this.#enter(container, signal);
      const namespace = this.#access.fileOf(container);
      const mtuBytes = await mtuOf(own.interfaceName);
      return probeRate({ container, namespace, link, own, mtuBytes }, direction, signal);
    });
  }

  /** Round trips from one node to another, over both of their links and what is between their regions. */
  path(
    from: NodeContainer,
    to: NodeContainer,
    links: readonly Link[],
    extraMs: number,
    signal: AbortSignal,
  ): Promise<number[]> {
    const [address] = to.swarmAddresses;
    return this.#pings.run(async () => {
      const commands = await this.#enter(from, signal);
      return ping(commands, address, pingPlan(links, extraMs), signal);
    });
  }

  #ownAddress(): OwnAddress {
    const own = this.#place.address;
    if (own !== undefined) return own;
    throw new MeasurementError("NO_PLACE", "the agent is not on the swarm's network, and cannot measure");
  }

  /** Programs run there see the network as the node does. Rejects with a MeasurementError. */
  async #enter(container: NodeContainer, signal: AbortSignal): Promise<CommandRunner> {
    try {
      return (await openNamespace(this.#access, container, signal)).commands;
    } catch (error) {
      if (!(error instanceof NamespaceError) && !(error instanceof CommandError)) throw error;
      throw new MeasurementError("NO_NAMESPACE", `${container.name} cannot be entered: ${error.message}`, {
        cause: error,
      });
    }
  }
}

async function mtuOf(interfaceName: string): Promise<number> {
  try {
    return Number(await readFile(`/sys/class/net/${interfaceName}/mtu`, "utf8")) || defaultMtuBytes;
  } catch {
    return defaultMtuBytes;
  }
}
