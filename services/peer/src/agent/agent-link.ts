import { maxWaitSeconds } from "@swarmlab/agent-api/self-link";
import { LinkNetwork } from "@swarmlab/engine/link/link-network";
import type { Clock } from "@swarmlab/engine/ports/clock";
import type { Network } from "@swarmlab/engine/ports/network";
import type { Random } from "@swarmlab/engine/ports/random";
import { formatLink, NO_LINK } from "@swarmlab/scenario/link";
import type { Logger } from "@swarmlab/telemetry/logger";
import { BackOff } from "../back-off.js";
import { linkFields, type NodeLink, type PlacedLink, warnOfDifferences } from "../node-link.js";
import type { AgentClient, AssignedLink } from "./agent-client.js";
import { AgentError } from "./agent-error.js";
import { measureRtt } from "./measure-rtt.js";

const RTT_SAMPLES = 10;
const ENOUGH_RTT_MS = 5_000;
const MIN_RTT_TIMEOUT_MS = 10_000;
/** Answers that come sooner than this are asked for ever more slowly. */
const QUICK_ANSWER_MS = 1_000;

const advice: Readonly<Partial<Record<AgentError["code"], string>>> = {
  AGENT_UNREACHABLE: "see whether the agent runs, and whether this peer is on its control network",
  UNKNOWN_NODE: "the agent knows containers on the swarm's network that have the label swarmlab.link",
  LINK_NOT_IN_PLACE: "the agent's log and its /api/links say why",
  LINK_NOT_MEASURED: "see whether this peer reaches the agent's echo server on the swarm's network",
};

export interface AgentLinkOptions {
  readonly client: AgentClient;
  /** What is under the link. */
  readonly system: Network;
  readonly clock: Clock;
  readonly random: Random;
  /** How long to wait for the first link. */
  readonly timeoutMs: number;
  readonly logger: Logger;
  /** A link is in place: the first one, and whenever the agent said something new. */
  readonly onPlaced: (nodeName: string, link: PlacedLink) => void;
  readonly signal: AbortSignal;
}

/**
 * The link that an agent gives this node, followed as long as the node runs. When the kernel makes it (`netem`), or it
 * adds nothing (`none`), the network is as good as the system's own; in `userspace` it emulates the link, and each
 * link is measured through it before it counts as placed.
 */
export class AgentLink implements NodeLink {
  readonly network: LinkNetwork;
  readonly #options: AgentLinkOptions;
  readonly #closing = new AbortController();
  #nodeName: string | undefined;
  #placed: PlacedLink | undefined;
  /** The last one that the log has told of. */
  #told: PlacedLink | undefined;
  /** What to ask for newer links than; undefined asks for the link anew, be it the same. */
  #revision: number | undefined;
  #following: Promise<void> = Promise.resolve();

  /**
   * Waits until the agent has put the link into place, however often it has to be asked. Rejects with an AgentError when
   * time is up or there is no use in waiting, or with the signal's reason.
   */
  static async open(options: AgentLinkOptions): Promise<AgentLink> {
    const link = new AgentLink(options);
    await link.#awaitFirst();
    link.#following = link.#follow();
    return link;
  }

  private constructor(options: AgentLinkOptions) {
    const { system, clock, random } = options;
    this.#options = options;
    this.network = new LinkNetwork(system, clock, random, NO_LINK);
  }

  get nodeName(): string | undefined {
    return this.#nodeName;
  }

  get placed(): PlacedLink {
    if (this.#placed === undefined) throw new TypeError("the link is not in place yet");
    return this.#placed;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#following;
  }

  async #awaitFirst(): Promise<void> {
    const { client, timeoutMs, logger, signal } = this.#options;
    logger.info({ agent: client.url }, "waiting for the agent's link");
    const deadline = AbortSignal.timeout(timeoutMs);
    const either = AbortSignal.any([signal, deadline]);
    const backOff = new BackOff();
    let problem = new AgentError("AGENT_UNREACHABLE", `${client.url} has not answered`);
    try {
      for (;;) {
        try {
          if (await this.#ask(either)) return;
          problem = new AgentError("LINK_NOT_IN_PLACE", `${client.url} has no link in place for this node`);
        } catch (error) {
          if (!(error instanceof AgentError && error.isTemporary)) throw error;
          const isNews = error.code === "LINK_NOT_IN_PLACE" && error.message !== problem.message;
          if (isNews) logger.warn({ reason: error.message }, "no link yet");
          problem = error;
        }
        logger.debug({ reason: problem.message }, "asking the agent again");
        await backOff.wait(either);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!deadline.aborted) throw error;
      const message = `no link after ${timeoutMs / 1000} s: ${problem.message}; ${advice[problem.code]}`;
      throw new AgentError(problem.code, message, { cause: problem });
    }
  }

  /** Never rejects. */
  async #follow(): Promise<void> {
    const { logger } = this.#options;
    const { signal } = this.#closing;
    let backOff = new BackOff();
    let isFailing = false;
    while (!signal.aborted) {
      const askedMs = performance.now();
      try {
        await this.#ask(signal);
        if (isFailing) logger.info("the agent answers again");
        isFailing = false;
      } catch (error) {
        if (signal.aborted) return;
        // After a restart the agent counts anew, and has forgotten what was measured.
        this.#revision = undefined;
        const reason = error instanceof Error ? error.message : String(error);
        logger[isFailing ? "debug" : "warn"]({ reason }, "trouble with the agent; the link stays as it is");
        isFailing = true;
      }
      if (performance.now() - askedMs > QUICK_ANSWER_MS) backOff = new BackOff();
      else await backOff.wait(signal).catch(() => {});
    }
  }

  /** Whether there is a link now that is in place, and measured where that is our part. */
  async #ask(signal: AbortSignal): Promise<boolean> {
    const { client, logger } = this.#options;
    const assigned = await client.link(maxWaitSeconds, this.#revision, signal);
    if (assigned === undefined) return false;
    this.#revision = undefined;
    const { link, backend, region, revision } = assigned;
    this.#nodeName ??= assigned.node;
    this.network.updateLink(backend === "userspace" ? link : NO_LINK);
    const placed = { link, backend, region: region ?? undefined, revision, measuredRttMs: undefined };
    this.#placed = placed;
    const { echo } = assigned;
    if (backend === "userspace" && echo === null) {
      logger.warn("the agent has no echo server: nobody knows whether the link is as declared");
    } else if (backend === "userspace" && echo !== null) {
      const rttMs = await this.#certify(assigned, echo, signal);
      if (rttMs === undefined) return false;
      this.#placed = { ...placed, measuredRttMs: medianOf(rttMs) };
    }
    this.#revision = revision;
    this.#tell(assigned.node, this.#placed);
    return true;
  }

  /** Measures the link as often as the agent wants; undefined when it has another revision by now. */
  async #certify(
    { link, revision }: AssignedLink,
    echo: NonNullable<AssignedLink["echo"]>,
    signal: AbortSignal,
  ): Promise<number[] | undefined> {
    const backOff = new BackOff();
    for (;;) {
      const rttMs = await measureRtt(this.network, echo, {
        samples: RTT_SAMPLES,
        enoughMs: ENOUGH_RTT_MS,
        // Two round trips for the connection and the first byte, and as much again.
        timeoutMs: MIN_RTT_TIMEOUT_MS + 8 * (link.delayMs + link.jitterMs),
        signal,
      });
      const answer = await this.#options.client.report({ revision, rttMs }, signal);
      if (answer === undefined) return undefined;
      if (!answer.measureAgain) return rttMs;
      this.#options.logger.info(
        { rtt: `${medianOf(rttMs).toFixed(1)} ms` },
        "the link is measured once more",
      );
      await backOff.wait(signal);
    }
  }

  #tell(nodeName: string, placed: PlacedLink): void {
    const { logger, onPlaced } = this.#options;
    const before = this.#told;
    this.#told = placed;
    const isSame =
      before !== undefined &&
      formatLink(before.link) === formatLink(placed.link) &&
      before.backend === placed.backend &&
      before.region === placed.region;
    const message = before === undefined ? "link in place" : isSame ? "same link" : "link changed";
    logger[isSame ? "debug" : "info"]({ node: nodeName, ...linkFields(placed) }, message);
    if (!isSame) warnOfDifferences(placed, logger);
    onPlaced(nodeName, placed);
  }
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [lower = 0, upper = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (lower + upper) / 2;
}
