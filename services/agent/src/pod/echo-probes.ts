import { setTimeout as delay } from "node:timers/promises";
import type { Link } from "@swarmlab/scenario/link";
import type { SocketAddress } from "@swarmlab/settings/addresses";
import type { NodeContainer } from "../docker/node-container.js";
import { expectedRtt } from "../measurement/expected-rtt.js";
import type { LinkProbes } from "../measurement/link-probes.js";
import { MeasurementError } from "../measurement/measurement-error.js";
import { pingPlan } from "../measurement/ping.js";
import { echoRoundTrips } from "./echo-round-trips.js";

/** Of repetitions by TCP, where packets get lost: they double from 1 s while connecting. */
const repetitionsMs = 5_000;
/** A pod and the server that it measures against may start at the same time. */
const patienceMs = 30_000;
const retryMs = 500;

/** Measures the link of the pod that this process is in, by round trips to a server outside: what passes the link. */
export class EchoProbes implements LinkProbes {
  /** A byte by TCP and what confirms it, with a share of the connection's own packets. */
  readonly roundTripCost = { bytes: 200, packets: 3 };
  readonly #echoServer: SocketAddress;

  constructor(echoServer: SocketAddress) {
    this.#echoServer = echoServer;
  }

  async roundTrips(_: NodeContainer, link: Link, signal: AbortSignal): Promise<number[]> {
    const { count, intervalMs, timeoutSeconds } = pingPlan([link]);
    const timeoutMs = 1000 * timeoutSeconds + repetitionsMs;
    const giveUpMs = performance.now() + patienceMs;
    for (;;) {
      try {
        const plan = { count, intervalMs, timeoutMs };
        return withoutRepetitions(await echoRoundTrips(this.#echoServer, plan, signal), link);
      } catch (error) {
        if (!(error instanceof MeasurementError) || performance.now() > giveUpMs) throw error;
      }
      await delay(retryMs, undefined, { signal });
    }
  }

  async rate(): Promise<never> {
    throw notMeasurable("rates");
  }

  async path(): Promise<never> {
    throw notMeasurable("paths between nodes");
  }
}

/** As many of the fastest as are expected to have lost nothing: a repeated byte tells of TCP's timers, not of the link. */
function withoutRepetitions(samplesMs: readonly number[], link: Link): number[] {
  const { answeredFraction } = expectedRtt([link]);
  const count = Math.max(1, Math.floor(answeredFraction * samplesMs.length));
  return [...samplesMs].sort((a, b) => a - b).slice(0, count);
}

function notMeasurable(what: string): MeasurementError {
  return new MeasurementError(
    "NOT_MEASURABLE",
    `an agent in a pod measures round trips to an echo server only, not ${what}: nothing there takes a flood`,
  );
}
