import type { BufferPool } from "./buffer-pool.js";

/** Bytes of a torrent in memory. While somebody uses an entry it stays; after that as long as there is room. */
export interface CacheEntry {
  readonly key: number;
  readonly bytes: Uint8Array;
  readonly buffer: Uint8Array;
  /** Where `buffer` goes in the end. */
  readonly pool: BufferPool;
  users: number;
  /** Whether the bytes that follow were asked for already. */
  isFollowed: boolean;
}

/** Remembers what was read or written last. Only what nobody uses counts towards its limit. */
export class ReadCache {
  readonly #maxIdleBytes: number;
  readonly #entries = new Map<number, CacheEntry>();
  /** Entries without users, the longest unused first. */
  readonly #idle = new Map<number, CacheEntry>();
  #idleBytes = 0;

  constructor(maxIdleBytes: number) {
    this.#maxIdleBytes = maxIdleBytes;
  }

  has(key: number): boolean {
    return this.#entries.has(key);
  }

  /** The entry, with one more user, who has to {@link release} it. */
  use(key: number): CacheEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.users++ === 0) {
      this.#idle.delete(key);
      this.#idleBytes -= entry.buffer.length;
    }
    return entry;
  }

  /** Takes over `buffer`, of which `bytes` are the content, with this many users from the start. The key must be free. */
  insert(key: number, buffer: Uint8Array, bytes: Uint8Array, pool: BufferPool, users: number): CacheEntry {
    const entry: CacheEntry = { key, bytes, buffer, pool, users: users + 1, isFollowed: false };
    this.#entries.set(key, entry);
    this.release(entry);
    return entry;
  }

  /** One user less. */
  release(entry: CacheEntry): void {
    if (--entry.users > 0) return;
    this.#idle.set(entry.key, entry);
    this.#idleBytes += entry.buffer.length;
    this.#shrink(this.#maxIdleBytes);
  }

  /** Forgets everything that nobody uses. */
  clear(): void {
    this.#shrink(0);
  }

  #shrink(maxIdleBytes: number): void {
    for (const [key, entry] of this.#idle) {
      if (this.#idleBytes <= maxIdleBytes) return;
      this.#idle.delete(key);
      this.#entries.delete(key);
      this.#idleBytes -= entry.buffer.length;
      entry.pool.release(entry.buffer);
    }
  }
}
