import { setTimeout as delay } from "node:timers/promises";
import type { LinkCertificate } from "@swarmlab/agent-api/node-link";
import type { SelfMeasurement } from "@swarmlab/agent-api/self-link";
import type { Logger } from "@swarmlab/telemetry/logger";
import type { QueueSamples } from "../links/queue-samples.js";
import type { Swarm } from "../nodes/swarm.js";
import type { SwarmNode } from "../nodes/swarm-node.js";
import {
  certificateOf,
  isDisproved,
  measuredRate,
  measuredRtt,
  problemOf,
  type RateMeasurement,
} from "./certificate.js";
import { expectedRtt } from "./expected-rtt.js";
import type { Direction } from "./flood-plan.js";
import type { LinkProbes } from "./link-probes.js";
import { MeasurementError } from "./measurement-error.js";
import { hasOtherTraffic } from "./other-traffic.js";
import { pingPlan } from "./ping.js";

export interface LinkMeasurerOptions {
  readonly swarm: Swarm;
  readonly probes: LinkProbes;
  readonly queues: QueueSamples;
  readonly logger: Logger;
  readonly nowMs: () => number;
  /** Ends with the agent. */
  readonly signal: AbortSignal;
  /** Before a link is measured once more that was not right, or could not be seen to be; doubles each time. */
  readonly firstRetryMs: number;
  /** Whether a node has to wait while its link was not measured, or was and is off; not just for the first attempts. */
  readonly isCertificateNeeded: boolean;
}

/** So often is a new link measured before its node is told of it, should the host have been too busy at first. */
const firstAttempts = 3;
/** So often does a node that makes its own link measure it before it joins; all of them may start at the same time. */
const firstReports = 6;
const maxRetryMs = 60_000;
/** So often is a rate measured that is not as declared. */
const rateLooks = 3;

/** Certifies links: each once it is in place, again if it was not right, and on request. */
export class LinkMeasurer {
  readonly #options: LinkMeasurerOptions;
  readonly #certifying = new Map<SwarmNode, AbortController>();
  readonly #reports = new WeakMap<SwarmNode, number>();

  constructor(options: LinkMeasurerOptions) {
    this.#options = options;
  }

  /** The link is in place: measures it until it is certified. */
  certify(node: SwarmNode): void {
    this.forget(node);
    // Nodes that make their links themselves tell what they have measured.
    if (node.backend === "userspace") return;
    const stop = new AbortController();
    this.#certifying.set(node, stop);
    const signal = AbortSignal.any([stop.signal, this.#options.signal]);
    this.#certify(node, signal).catch((error: unknown) => {
      if (!signal.aborted) this.#options.logger.error({ err: error, node: node.name }, "link not measured");
    });
  }

  /** The node is no more. */
  forget(node: SwarmNode): void {
    this.#certifying.get(node)?.abort();
    this.#certifying.delete(node);
  }

  /**
   * Measures now, the rates too if asked for. The node keeps a certificate that proves more than the one that comes out.
   * Rejects with a MeasurementError.
   */
  async measure(node: SwarmNode, withRates: boolean, signal: AbortSignal): Promise<LinkCertificate> {
    if (node.backend === "userspace") {
      throw new MeasurementError(
        "NOT_OURS",
        `${node.name} makes its link itself, and has to measure it itself`,
      );
    }
    const { revision } = node;
    const roundTrips = await this.#roundTrips(node, signal);
    const rates = withRates ? await this.#rates(node, signal) : latestRates(node);
    const certificate = certificateOf({ revision, ...roundTrips, ...rates }, this.#options.nowMs());
    this.#store(node, certificate);
    return certificate;
  }

  /**
   * A node tells what it has measured of its own link: before it joins a swarm, and later perhaps beside traffic. Whether
   * it should measure once more before it joins.
   */
  report(node: SwarmNode, { revision, rttMs }: SelfMeasurement): boolean {
    const rtt = measuredRtt(expectedRtt([node.named.link]), rttMs);
    const isUnloaded = !node.isReleased;
    const reports = (this.#reports.get(node) ?? 0) + 1;
    this.#reports.set(node, reports);
    const measureAgain = isUnloaded && !rtt.isWithinTolerance && reports < firstReports;
    const parts = { revision, rtt, up: null, down: null, isConclusive: isUnloaded && !measureAgain };
    node.isReleased = !measureAgain;
    this.#store(node, certificateOf(parts, this.#options.nowMs()));
    return measureAgain;
  }

  async #certify(node: SwarmNode, signal: AbortSignal): Promise<void> {
    const { swarm, firstRetryMs } = this.#options;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      const isCertified = await this.#attempt(node, signal);
      if (isCertified || (attempt >= firstAttempts && this.#mayGoOn(node))) {
        node.isReleased = true;
        swarm.changes.notify();
      }
      if (isCertified) return;
      if (attempt < firstAttempts) continue;
      await delay(Math.min(maxRetryMs, firstRetryMs * 2 ** (attempt - firstAttempts)), undefined, { signal });
    }
  }

  /** Whether a node may join a swarm before its link is certified. */
  #mayGoOn({ certificate }: SwarmNode): boolean {
    return !this.#options.isCertificateNeeded || (certificate !== undefined && !isDisproved(certificate));
  }

  async #attempt(node: SwarmNode, signal: AbortSignal): Promise<boolean> {
    try {
      const { isWithinTolerance } = await this.measure(node, false, signal);
      return isWithinTolerance;
    } catch (error) {
      if (signal.aborted) return false;
      const isExpected = error instanceof MeasurementError;
      if (!isExpected) this.#options.logger.error({ err: error, node: node.name }, "link not measured");
      node.notMeasured(isExpected ? error.message : "the link could not be measured");
      return false;
    }
  }

  /** Only round trips that are not as declared need a second look, whether other traffic is the reason. */
  async #roundTrips(
    node: SwarmNode,
    signal: AbortSignal,
  ): Promise<Pick<LinkCertificate, "rtt" | "isConclusive">> {
    const { probes, queues } = this.#options;
    const { container, named } = node;
    const expected = expectedRtt([named.link]);
    const first = measuredRtt(expected, await probes.roundTrips(container, named.link, signal));
    if (first.isWithinTolerance) return { rtt: first, isConclusive: true };
    const before = await queues.of(node);
    const startMs = performance.now();
    const rtt = measuredRtt(expected, await probes.roundTrips(container, named.link, signal));
    const elapsedMs = performance.now() - startMs;
    const after = await queues.of(node);
    const isKnown = before !== undefined && after !== undefined;
    // Those that were lost have passed one direction all the same.
    const { count } = pingPlan([named.link]);
    const isBusy =
      isKnown && hasOtherTraffic(named.link, before, after, elapsedMs, count, probes.roundTripCost);
    return { rtt, isConclusive: !isBusy };
  }

  async #rates(node: SwarmNode, signal: AbortSignal): Promise<Rates> {
    const { upBitsPerSecond, downBitsPerSecond } = node.named.link;
    return {
      up: await this.#rate(node, "up", upBitsPerSecond, signal),
      down: await this.#rate(node, "down", downBitsPerSecond, signal),
    };
  }

  /** A link that is off is off again; a process that was kept from its processor for a while spoils one flood. */
  async #rate(
    { container, named }: SwarmNode,
    direction: Direction,
    declaredBitsPerSecond: number | undefined,
    signal: AbortSignal,
  ): Promise<RateMeasurement> {
    for (let look = 1; ; look += 1) {
      const bitsPerSecond = await this.#options.probes.rate(container, named.link, direction, signal);
      const rate = measuredRate(declaredBitsPerSecond, bitsPerSecond);
      if (rate.isWithinTolerance || look === rateLooks) return rate;
    }
  }

  #store(node: SwarmNode, certificate: LinkCertificate): void {
    const { logger, swarm } = this.#options;
    const stateBefore = node.state;
    const wasWithinTolerance = node.certificate?.isWithinTolerance === true;
    node.measured(certificate);
    const facts = { node: node.name, link: node.named.text, rttMs: certificate.rtt.measuredMs };
    if (certificate.isWithinTolerance && !node.isEmulatedWhole) {
      if (!wasWithinTolerance) logger.warn(facts, `link not certified: ${node.view().problem}`);
    } else if (node.state !== stateBefore) {
      if (certificate.isWithinTolerance) logger.info(facts, "link certified");
      else if (isDisproved(certificate)) logger.warn(facts, `link is off: ${problemOf(certificate)}`);
    }
    swarm.changes.notify();
  }
}

interface Rates {
  readonly up: RateMeasurement | null;
  readonly down: RateMeasurement | null;
}

/** Those of the same link, measured earlier. */
function latestRates({ certificate }: SwarmNode): Rates {
  return { up: certificate?.up ?? null, down: certificate?.down ?? null };
}
