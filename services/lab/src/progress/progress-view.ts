/** A node as it is announced to a view. */
export interface ShownNode {
  readonly name: string;
  /** A seeder has everything from the start. */
  readonly role: "seeder" | "leecher";
}

/** How far a node is. */
export interface NodeProgress {
  readonly verifiedBytes: number;
  readonly downBitsPerSecond: number;
  readonly upBitsPerSecond: number;
  readonly peers: number;
}

/** Shows a run while it goes on. */
export interface ProgressView {
  /** One line about what happens now. */
  say(text: string): void;
  /** From now on `nodes` exchange content of `totalBytes`. */
  begin(nodes: readonly ShownNode[], totalBytes: number): void;
  update(nodeName: string, progress: NodeProgress): void;
  /** A leecher has everything. */
  complete(nodeName: string, seconds: number): void;
  /** Leaves the terminal as it was; may be called at any time and more than once. */
  end(): void;
}

/** Shows nothing. */
export const silentView: ProgressView = {
  say() {},
  begin() {},
  update() {},
  complete() {},
  end() {},
};
