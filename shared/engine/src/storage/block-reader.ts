import { pieceSizeBytes, type TorrentInfo } from "@swarmlab/metainfo/info";
import { BufferPool } from "./buffer-pool.js";
import { type CacheEntry, ReadCache } from "./read-cache.js";
import type { TorrentContent } from "./torrent-content.js";

/** What is read from the disk at once: an aligned part of a piece. */
const MAX_EXTENT_BYTES = 256 * 1024;

/** A block's bytes, lent until `release`. They must not be changed. */
export interface BlockLease {
  readonly bytes: Uint8Array;
  /** Gives the bytes back; calls after the first do nothing. */
  release(): void;
}

/** An extent on its way from the disk, and how many wait for it. */
interface Loading {
  readonly entry: Promise<CacheEntry>;
  waiters: number;
}

/** Reads blocks through a cache, in extents, and each extent only once however many ask for it. */
export class BlockReader {
  readonly #info: TorrentInfo;
  readonly #content: TorrentContent;
  readonly #piecePool: BufferPool;
  readonly #extentPool: BufferPool;
  readonly #cache: ReadCache;
  readonly #extentBytes: number;
  readonly #keysPerPiece: number;
  readonly #loading = new Map<number, Loading>();

  constructor(options: {
    readonly info: TorrentInfo;
    readonly content: TorrentContent;
    /** Where the buffers of whole pieces come from. */
    readonly piecePool: BufferPool;
    /** How many bytes may stay in memory that nobody uses. */
    readonly cacheBytes: number;
  }) {
    const { info, piecePool, cacheBytes } = options;
    this.#info = info;
    this.#content = options.content;
    this.#piecePool = piecePool;
    this.#cache = new ReadCache(cacheBytes);
    this.#extentBytes = Math.min(info.pieceLength, MAX_EXTENT_BYTES);
    const isWholePiece = this.#extentBytes === info.pieceLength;
    this.#extentPool = isWholePiece ? piecePool : new BufferPool(this.#extentBytes, cacheBytes / 4);
    // The whole piece has key 0 of its keys. Where it is one extent, that is its only key.
    this.#keysPerPiece = isWholePiece ? 1 : 1 + Math.ceil(info.pieceLength / this.#extentBytes);
  }

  /** Lends a block that lies within a piece on the disk or {@link hold held}: at once when it is in memory. */
  read(index: number, begin: number, length: number): BlockLease | Promise<BlockLease> {
    const pieceEntry = this.#cache.use(index * this.#keysPerPiece);
    if (pieceEntry !== undefined) return new CachedBlock(this.#cache, pieceEntry, begin, length);
    const extent = Math.floor(begin / this.#extentBytes);
    const offset = begin - extent * this.#extentBytes;
    if (offset + length > this.#extentBytes) return this.#readAcross(index, begin, length);
    const entry = this.#cache.use(this.#key(index, extent));
    if (entry === undefined) return this.#readMissing(index, extent, offset, length);
    if (!entry.isFollowed) this.#readAhead(entry, index, extent + 1);
    return new CachedBlock(this.#cache, entry, offset, length);
  }

  /** Takes over the buffer of a whole piece and serves reads from it, at least until the returned function is called. */
  hold(index: number, buffer: Uint8Array): () => void {
    const bytes = buffer.subarray(0, pieceSizeBytes(this.#info, index));
    const entry = this.#cache.insert(index * this.#keysPerPiece, buffer, bytes, this.#piecePool, 1);
    return () => this.#cache.release(entry);
  }

  /** Resolves when no read from the disk is under way any more, and frees what nobody uses. */
  async close(): Promise<void> {
    await Promise.allSettled(Array.from(this.#loading.values(), ({ entry }) => entry));
    this.#cache.clear();
  }

  async #readMissing(index: number, extent: number, offset: number, length: number): Promise<BlockLease> {
    const loading = this.#load(index, extent);
    loading.waiters++;
    const entry = await loading.entry;
    if (!entry.isFollowed) this.#readAhead(entry, index, extent + 1);
    return new CachedBlock(this.#cache, entry, offset, length);
  }

  /** Puts together a block that lies in more than one extent. */
  async #readAcross(index: number, begin: number, length: number): Promise<BlockLease> {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const offset = (begin + done) % this.#extentBytes;
      const partLength = Math.min(length - done, this.#extentBytes - offset);
      const part = await this.read(index, begin + done, partLength);
      bytes.set(part.bytes, done);
      part.release();
      done += partLength;
    }
    return { bytes, release: () => {} };
  }

  /** Whoever asks for one extent will soon ask for the next of the piece. */
  #readAhead(entry: CacheEntry, index: number, extent: number): void {
    entry.isFollowed = true;
    if (extent * this.#extentBytes >= pieceSizeBytes(this.#info, index)) return;
    if (this.#cache.has(this.#key(index, extent))) return;
    // Its failure matters only to those who ask for it.
    this.#load(index, extent).entry.catch(() => {});
  }

  #load(index: number, extent: number): Loading {
    const key = this.#key(index, extent);
    const underWay = this.#loading.get(key);
    if (underWay !== undefined) return underWay;
    const start = extent * this.#extentBytes;
    const size = Math.min(this.#extentBytes, pieceSizeBytes(this.#info, index) - start);
    const buffer = this.#extentPool.acquire();
    const bytes = buffer.subarray(0, size);
    const loading: Loading = {
      waiters: 0,
      entry: this.#content.read(index * this.#info.pieceLength + start, bytes).then(
        () => {
          this.#loading.delete(key);
          return this.#cache.insert(key, buffer, bytes, this.#extentPool, loading.waiters);
        },
        (error: unknown) => {
          this.#loading.delete(key);
          this.#extentPool.release(buffer);
          throw error;
        },
      ),
    };
    this.#loading.set(key, loading);
    return loading;
  }

  #key(index: number, extent: number): number {
    return this.#keysPerPiece === 1 ? index : index * this.#keysPerPiece + 1 + extent;
  }
}

class CachedBlock implements BlockLease {
  readonly bytes: Uint8Array;
  readonly #cache: ReadCache;
  #entry: CacheEntry | undefined;

  constructor(cache: ReadCache, entry: CacheEntry, offset: number, length: number) {
    this.bytes = entry.bytes.subarray(offset, offset + length);
    this.#cache = cache;
    this.#entry = entry;
  }

  release(): void {
    if (this.#entry === undefined) return;
    this.#cache.release(this.#entry);
    this.#entry = undefined;
  }
}
