import type { Child } from "../process/child.js";
import type { Host } from "../process/host.js";
import type { Scope } from "../process/scope.js";

interface NodeOptions {
  /** Closes the node at the end. */
  readonly scope: Scope;
  readonly host: Host;
  /** Announce URL of the tracker, whatever the torrent itself names. */
  readonly announceUrl: string;
  /** Where the client keeps what it needs besides the content: empty, and its own. */
  readonly stateDirectory: string;
}

export interface SeedOptions extends NodeOptions {
  readonly torrentFile: string;
  /** The folder that holds the file or folder which the torrent names. */
  readonly directory: string;
}

export interface LeechOptions extends NodeOptions {
  /** Path of a .torrent file; where a client can, a magnet link. */
  readonly torrent: string;
  readonly directory: string;
}

/** A running client with one torrent. */
export interface ClientNode {
  readonly child: Child;
  /** Where other peers reach it. */
  readonly endpoint: { readonly host: string; readonly port: number };
  /** Resolves when a seeder has verified its content and all nodes accept peers. */
  ready(timeoutMs: number): Promise<void>;
  /** Resolves when the client says that it has, verified, the whole torrent. It goes on as a seeder. */
  complete(timeoutMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** A BitTorrent client that tests and benchmarks can put into any place of a swarm. */
export interface BitTorrentClient {
  readonly name: string;
  /** Debian's name of what has to be installed first; undefined when nothing has. */
  missing(): string | undefined;
  seed(options: SeedOptions): Promise<ClientNode>;
  leech(options: LeechOptions): Promise<ClientNode>;
}
