import type { SocketAddress } from "../ports/network.js";

/** More known addresses than this are not kept. */
const MAX_CANDIDATES = 2000;
const FIRST_RETRY_MS = 2_000;
const MAX_RETRY_MS = 300_000;
/** An address from a person is tried this often at least. */
const MAX_MANUAL_RETRY_MS = 10_000;
/** Failures in a row after which an address from a tracker is forgotten: the tracker names it again if it lives. */
const MAX_FAILURES = 6;

interface Candidate {
  readonly address: SocketAddress;
  readonly isManual: boolean;
  failures: number;
  nextAttemptMs: number;
  isBusy: boolean;
}

/** The addresses at which peers may be found, and when each may be dialled (again). */
export class Candidates {
  readonly #known = new Map<string, Candidate>();
  readonly #self = new Set<string>();
  readonly #banned = new Set<string>();

  get size(): number {
    return this.#known.size;
  }

  /** Adds an address; `isManual` marks one that a person gave, which is never forgotten. */
  add(address: SocketAddress, isManual: boolean): void {
    const key = addressKey(address);
    if (this.#known.has(key) || this.#self.has(key)) return;
    if (this.#known.size >= MAX_CANDIDATES && !isManual) return;
    const candidate = {
      address,
      isManual,
      failures: 0,
      nextAttemptMs: Number.NEGATIVE_INFINITY,
      isBusy: false,
    };
    this.#known.set(key, candidate);
  }

  /** Takes up to `count` addresses that may be dialled now; each is busy until one of the `on…` methods. */
  take(count: number, nowMs: number): SocketAddress[] {
    const taken: SocketAddress[] = [];
    for (const candidate of this.#known.values()) {
      if (taken.length >= count) break;
      if (candidate.isBusy || candidate.nextAttemptMs > nowMs || this.isBanned(candidate.address)) continue;
      candidate.isBusy = true;
      taken.push(candidate.address);
    }
    return taken;
  }

  /** A peer that connected to us turned out to listen here: no need to dial it. */
  markBusy(address: SocketAddress): void {
    this.add(address, false);
    const candidate = this.#known.get(addressKey(address));
    if (candidate !== undefined) candidate.isBusy = true;
  }

  /** The connection could not be made, or broke before the handshake. */
  onFailure(address: SocketAddress, nowMs: number): void {
    const candidate = this.#known.get(addressKey(address));
    if (candidate === undefined) return;
    candidate.isBusy = false;
    candidate.failures++;
    if (candidate.failures >= MAX_FAILURES && !candidate.isManual) {
      this.#known.delete(addressKey(address));
      return;
    }
    const longestMs = candidate.isManual ? MAX_MANUAL_RETRY_MS : MAX_RETRY_MS;
    candidate.nextAttemptMs = nowMs + Math.min(longestMs, FIRST_RETRY_MS * 2 ** (candidate.failures - 1));
  }

  /** A connection that had worked is over; it may be tried again after `pauseMs`. */
  onClosed(address: SocketAddress, nowMs: number, pauseMs: number): void {
    const candidate = this.#known.get(addressKey(address));
    if (candidate === undefined) return;
    candidate.isBusy = false;
    candidate.failures = 0;
    candidate.nextAttemptMs = nowMs + pauseMs;
  }

  /** Lets every address be dialled now, whatever had happened to it. */
  retryAll(): void {
    for (const candidate of this.#known.values()) candidate.nextAttemptMs = Number.NEGATIVE_INFINITY;
  }

  /** The address is our own. */
  onSelf(address: SocketAddress): void {
    this.#known.delete(addressKey(address));
    this.#self.add(addressKey(address));
  }

  /**
   * Keeps a peer away. All of its host is meant, since another port costs nothing, but for loopback hosts, where
   * all peers of a swarm may live: there it is the one port.
   */
  ban(address: SocketAddress): void {
    this.#banned.add(banKey(address));
  }

  isBanned(address: SocketAddress): boolean {
    return this.#banned.has(banKey(address));
  }
}

/** One text for an address, with brackets around IPv6. */
function addressKey(address: SocketAddress): string {
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

function banKey(address: SocketAddress): string {
  const isLoopback = address.host.startsWith("127.") || address.host === "::1";
  return isLoopback ? addressKey(address) : address.host;
}
