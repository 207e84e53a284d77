/** A program of the swarm and how it is to be started. */
export interface NodeSpec {
  /** How messages and reports call the node; unique within a run. */
  readonly name: string;
  readonly program: "tracker" | "peer";
  readonly flags: readonly string[];
}

/** How a node ended; exactly one of the two is not null. */
export interface NodeExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A node while it runs. */
export interface RunningNode {
  readonly name: string;
  /** Resolves when the node has ended and all that it wrote has been handed out. Never rejects. */
  readonly exited: Promise<NodeExit>;
  /** The last lines of its log, oldest first. */
  readonly lastLogLines: readonly string[];
  /** Asks the node to end, makes it end when it does not, and resolves when it has ended. */
  stop(): Promise<void>;
  /** Ends the node at once, without waiting for it. */
  kill(): void;
}

/** Starts nodes: as processes of this host, or wherever else nodes can live. */
export interface Runner {
  /** `onLine` gets every line of the node's standard output. */
  start(spec: NodeSpec, onLine: (line: string) => void): RunningNode;
}
