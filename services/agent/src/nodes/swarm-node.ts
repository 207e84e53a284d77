import type { LinkCertificate, LinkState, NodeLink } from "@swarmlab/agent-api/node-link";
import type { LinkBackend } from "@swarmlab/agent-api/self-link";
import { unsupportedImpairments } from "@swarmlab/scenario/unsupported-impairments";
import type { NodeContainer } from "../docker/node-container.js";
import { isDisproved, problemOf } from "../measurement/certificate.js";
import type { Declaration } from "./declaration.js";
import { addsNothing, type NamedLink } from "./named-link.js";

export interface SwarmNodeOptions {
  readonly container: NodeContainer;
  readonly declaration: Declaration;
  /** What makes links here. */
  readonly backend: LinkBackend;
  readonly nowMs: () => number;
}

/** What is known of a node's link from earlier. */
export interface RememberedLink {
  readonly changed: NamedLink | undefined;
  readonly changedAtMs: number | undefined;
  readonly revision: number;
  /** If it still holds. */
  readonly certificate: LinkCertificate | undefined;
}

/** One run of a node's container: what its link is to be, how far that is, and what was measured. Without I/O. */
export class SwarmNode {
  /** Of the swarm's topology when the node came (see `Swarm`), and of that which its routes have been made for. */
  joinedTopology = 0;
  settledTopology = 0;
  /** A first measurement is over, whatever came of it: from here on the node may be in a swarm. */
  isReleased = false;
  /** The node has been told of its link; one that makes it itself begins to only then. */
  isTold = false;
  /** When the link was put in place first, its queues were there, made by a former run of the agent. */
  hadQueuesBefore: boolean | undefined;
  readonly #agentBackend: LinkBackend;
  readonly #nowMs: () => number;
  #container: NodeContainer;
  #declaration: Declaration;
  #changed: NamedLink | undefined;
  #changedAtMs: number | undefined;
  #revision: number;
  #isPlaced = false;
  #failure: string | undefined;
  #certificate: LinkCertificate | undefined;
  /** Why there is no certificate although the node was measured. */
  #measuringProblem: string | undefined;

  constructor(options: SwarmNodeOptions) {
    this.#container = options.container;
    this.#declaration = options.declaration;
    this.#agentBackend = options.backend;
    this.#nowMs = options.nowMs;
    this.#revision = this.#nextRevision(0);
    this.#failure = this.#declaredFailure();
  }

  get container(): NodeContainer {
    return this.#container;
  }

  get declaration(): Declaration {
    return this.#declaration;
  }

  get name(): string {
    return this.container.name;
  }

  get region(): string | null {
    return this.declaration.region;
  }

  /** What the link is to be. */
  get named(): NamedLink {
    return this.#changed ?? this.declaration.named;
  }

  /** The link that the API was told of instead of the declared one. */
  get changed(): NamedLink | undefined {
    return this.#changed;
  }

  /** When the link was last changed while the node was there, Unix time in ms; undefined when never. */
  get changedAtMs(): number | undefined {
    return this.#changedAtMs;
  }

  /** Where no backend makes links, they cannot be changed either. */
  get mayBeChanged(): boolean {
    return this.#agentBackend !== "none";
  }

  /** What makes this node's link. */
  get backend(): LinkBackend {
    const isRouted = this.#agentBackend === "netem" && this.region !== null;
    return addsNothing(this.named.link) && !isRouted ? "none" : this.#agentBackend;
  }

  /** What makes the link can make all of it. */
  get isEmulatedWhole(): boolean {
    return this.#notEmulated().length === 0;
  }

  /** Grows with every change of the link, and above those of a former run of the agent. */
  get revision(): number {
    return this.#revision;
  }

  get certificate(): LinkCertificate | undefined {
    return this.#certificate;
  }

  get isPlaced(): boolean {
    return this.#isPlaced && this.#failure === undefined;
  }

  /** The labels make no link, and no change has given one instead. */
  get isWithoutLink(): boolean {
    return this.#declaredFailure() !== undefined;
  }

  get state(): LinkState {
    if (this.#failure !== undefined) return "failed";
    const isAwaited = this.backend === "userspace" && !this.isTold;
    if (!this.#isPlaced || isAwaited) return "pending";
    if (this.#certificate === undefined) return "in-place";
    // Round trips as declared prove nothing about what else is declared and not done.
    if (this.#certificate.isWithinTolerance) return this.isEmulatedWhole ? "certified" : "in-place";
    return isDisproved(this.#certificate) ? "off" : "in-place";
  }

  /** Changes the link, or with undefined goes back to the declared one; it has to be put in place and measured anew. */
  change(named: NamedLink | undefined): void {
    this.#changed = named;
    this.#changedAtMs = this.#nowMs();
    this.remeasure();
    this.#isPlaced = false;
    this.#failure = this.#declaredFailure();
  }

  /** The labels or annotations say something else now, and that counts. */
  redeclare(container: NodeContainer, declaration: Declaration): void {
    this.#container = container;
    this.#declaration = declaration;
    this.change(undefined);
  }

  /** Asks for a new measurement of the same link under a new revision. */
  remeasure(): void {
    this.#revision = this.#nextRevision(this.#revision);
    this.#certificate = undefined;
    this.#measuringProblem = undefined;
    this.isTold = false;
  }

  /** `hadQueues`: the kernel had queues for it already, see `hadQueuesBefore`. */
  placed(hadQueues: boolean): void {
    this.hadQueuesBefore ??= hadQueues;
    this.#isPlaced = true;
    this.#failure = undefined;
  }

  failed(problem: string): void {
    this.#failure = problem;
  }

  /** What was measured; what proves nothing does not replace what does. */
  measured(certificate: LinkCertificate): void {
    this.#measuringProblem = undefined;
    if (certificate.revision !== this.#revision) return;
    const isProof = certificate.isWithinTolerance || isDisproved(certificate);
    if (isProof || this.#certificate === undefined) this.#certificate = certificate;
  }

  notMeasured(problem: string): void {
    this.#measuringProblem = problem;
  }

  /** Goes on where a former run of the agent, or of the container, was. */
  restore({ changed, changedAtMs, revision, certificate }: RememberedLink): void {
    this.#changed = changed;
    this.#changedAtMs = changedAtMs;
    this.#failure = this.#declaredFailure();
    if (certificate === undefined) {
      this.#revision = this.#nextRevision(revision);
    } else {
      this.#revision = revision;
      this.#certificate = certificate;
      this.isReleased = true;
      this.isTold = true;
    }
  }

  view(): Omit<NodeLink, "queues"> {
    return {
      node: this.name,
      region: this.region,
      address: this.container.swarmAddresses[0],
      link: this.named.text,
      origin: this.#changed === undefined ? "declared" : "changed",
      backend: this.backend,
      revision: this.#revision,
      state: this.state,
      problem: this.#problem(),
      certificate: this.#certificate ?? null,
    };
  }

  #problem(): string | null {
    if (this.#failure !== undefined) return this.#failure;
    if (this.#certificate?.isWithinTolerance === false) return problemOf(this.#certificate);
    if (this.#measuringProblem !== undefined) return this.#measuringProblem;
    if (this.backend === "userspace" && !this.isTold) {
      return "the node is to emulate this link itself, and has not asked for it yet";
    }
    if (!this.isEmulatedWhole) return `the link is not as declared: ${this.#notEmulated().join("; ")}`;
    if (this.#agentBackend !== "netem" && this.region !== null) {
      return `delays to other regions are not emulated with the backend ${this.#agentBackend}`;
    }
    return null;
  }

  #notEmulated(): string[] {
    return this.backend === "userspace" ? unsupportedImpairments(this.named.link) : [];
  }

  #declaredFailure(): string | undefined {
    return this.#changed === undefined ? (this.declaration.problem ?? undefined) : undefined;
  }

  #nextRevision(previous: number): number {
    return Math.max(Math.floor(this.#nowMs() / 1000), previous + 1);
  }
}
