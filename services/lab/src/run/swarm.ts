import { setMaxListeners } from "node:events";
import type { NodeSpec, Runner } from "../runner/runner.js";
import { type PeerEvent, peerEventSchema, type TrackerEvent, trackerEventSchema } from "./node-events.js";
import { RunError } from "./run-error.js";
import { SwarmNode } from "./swarm-node.js";

export type TrackerNode = SwarmNode<TrackerEvent>;
export type PeerNode = SwarmNode<PeerEvent>;

export interface SwarmOptions {
  readonly runner: Runner;
  /** How long the swarm may take, from now on. */
  readonly timeoutMs: number;
  /** Aborted when the run is to be given up. */
  readonly signal: AbortSignal;
}

/** The running nodes of one swarm. Whoever makes it calls `stop` in the end. */
export class Swarm {
  /** Aborted with a RunError when a node fails or time runs out, and with its reason when the run is given up. */
  readonly signal: AbortSignal;
  readonly #runner: Runner;
  readonly #failure = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #trackers: TrackerNode[] = [];
  readonly #peers: PeerNode[] = [];

  constructor({ runner, timeoutMs, signal }: SwarmOptions) {
    this.#runner = runner;
    this.signal = AbortSignal.any([signal, this.#failure.signal]);
    // Every node that is waited for listens.
    setMaxListeners(0, this.signal);
    this.#timer = setTimeout(() => this.#failure.abort(this.#timeoutError(timeoutMs)), timeoutMs);
  }

  startTracker(name: string, flags: readonly string[]): TrackerNode {
    const spec: NodeSpec = { name, program: "tracker", flags };
    const node = new SwarmNode({
      runner: this.#runner,
      spec,
      schema: trackerEventSchema,
      onFailure: (error) => this.#failure.abort(error),
    });
    this.#trackers.push(node);
    return node;
  }

  startPeer(name: string, flags: readonly string[], onEvent: (event: PeerEvent) => void): PeerNode {
    const spec: NodeSpec = { name, program: "peer", flags };
    const node = new SwarmNode({
      runner: this.#runner,
      spec,
      schema: peerEventSchema,
      onEvent,
      onFailure: (error) => this.#failure.abort(error),
    });
    this.#peers.push(node);
    return node;
  }

  /** Ends all nodes and waits until they have ended: first the peers, so that they can take leave of the tracker. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await Promise.all(this.#peers.map((node) => node.stop()));
    await Promise.all(this.#trackers.map((node) => node.stop()));
  }

  /** Ends all nodes without waiting, for a process that is about to exit. */
  kill(): void {
    for (const node of [...this.#peers, ...this.#trackers]) node.kill();
  }

  #timeoutError(timeoutMs: number): RunError {
    const late = [...this.#trackers, ...this.#peers].filter((node) => node.awaited !== undefined);
    const states = late.map((node) => `\n${node.name}: no "${node.awaited}" so far${node.lastWords}`);
    return new RunError("TIMEOUT", `gave up after ${timeoutMs / 1000} s${states.join("")}`);
  }
}
