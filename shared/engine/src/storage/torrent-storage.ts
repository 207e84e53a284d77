import { pieceSizeBytes, type TorrentInfo } from "@swarmlab/metainfo/info";
import { Bitfield } from "@swarmlab/wire/bitfield";
import type { Hasher } from "../ports/disk.js";
import { Backlog } from "./backlog.js";
import { type BlockLease, BlockReader } from "./block-reader.js";
import { BufferPool } from "./buffer-pool.js";
import { OrderedWriter } from "./ordered-writer.js";
import { checkPieces, isPiece, trustedPieces } from "./piece-check.js";
import { loadResume, ResumeSaver } from "./resume-saver.js";
import { StorageError, toStorageError } from "./storage-error.js";
import type { StorageOptions } from "./storage-options.js";
import { TorrentContent } from "./torrent-content.js";

const DEFAULT_CACHE_BYTES = 16 * 1024 * 1024;
const DEFAULT_BACKLOG_BYTES = 32 * 1024 * 1024;
/** Even of very large pieces some must fit into the backlog. */
const MIN_BACKLOG_PIECES = 4;

/** One torrent's content on a disk: verified pieces in, blocks out. */
export class TorrentStorage {
  /** Pieces that are verified and can be read. It grows by itself; nobody else may change it. */
  readonly havePieces: Bitfield;
  readonly #info: TorrentInfo;
  readonly #hasher: Hasher;
  readonly #isReadOnly: boolean;
  readonly #content: TorrentContent;
  readonly #piecePool: BufferPool;
  readonly #reader: BlockReader;
  readonly #writer: OrderedWriter;
  readonly #backlog: Backlog;
  readonly #resume: ResumeSaver;
  /** Pieces that are in the files: those that a resume file may claim. */
  readonly #written: Bitfield;
  readonly #verifying = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /**
   * Opens a torrent's content and finds out which pieces are there: from the resume file when no file has
   * changed since, else by hashing everything. Rejects with StorageError, or with the signal's reason.
   */
  static async open(options: StorageOptions): Promise<TorrentStorage> {
    const { info, directory, disk } = options;
    const isForWriting = options.mode === "download";
    const content = new TorrentContent(disk, directory, info.files);
    const pool = new BufferPool(info.pieceLength, options.maxBacklogBytes ?? DEFAULT_BACKLOG_BYTES);
    try {
      const states = await content.readStates(isForWriting);
      const saved = trustedPieces(await loadResume(disk, directory, info), states);
      const have =
        saved ??
        trustedPieces(options.resumeState, states) ??
        (await checkPieces({ ...options, content, pool }));
      const isTouched = isForWriting && (await content.prepareFiles());
      const storage = new TorrentStorage(options, content, pool, have);
      // A seeder leaves nothing beside content that it was only lent.
      if (isForWriting && have.count > 0 && (saved === undefined || isTouched))
        await storage.#resume.saveNow();
      return storage;
    } catch (error) {
      await content.close();
      throw options.signal?.aborted ? error : toStorageError(error);
    }
  }

  private constructor(options: StorageOptions, content: TorrentContent, pool: BufferPool, have: Bitfield) {
    const { info, directory, disk, clock, events } = options;
    this.#info = info;
    this.#hasher = options.hasher;
    this.#isReadOnly = options.mode === "seed";
    this.#content = content;
    this.#piecePool = pool;
    this.havePieces = have;
    this.#written = new Bitfield(have.length, have.bytes.slice());
    this.#reader = new BlockReader({
      info,
      content,
      piecePool: pool,
      cacheBytes: options.cacheBytes ?? DEFAULT_CACHE_BYTES,
    });
    this.#writer = new OrderedWriter(clock, {
      onDiskTrouble: (error) => events?.onDiskTrouble?.(error),
      onDiskRecovered: () => events?.onDiskRecovered?.(),
    });
    this.#backlog = new Backlog(
      Math.max(options.maxBacklogBytes ?? DEFAULT_BACKLOG_BYTES, MIN_BACKLOG_PIECES * info.pieceLength),
      () => events?.onBacklogDrained?.(),
    );
    this.#resume = new ResumeSaver({
      info,
      directory,
      disk,
      clock,
      content,
      written: this.#written,
      schedule: (save) => this.#writer.push(save),
      onFailure: (error) => events?.onResumeNotSaved?.(error),
    });
  }

  /** Bytes of committed pieces that are not written yet. */
  get backlogBytes(): number {
    return this.#backlog.bytes;
  }

  /** Whether no more pieces should be fetched until `onBacklogDrained`. */
  get isCongested(): boolean {
    return this.#backlog.isCongested;
  }

  /** A buffer for one piece. It goes back by {@link releasePieceBuffer}, or by {@link commitPiece} that verified it. */
  acquirePieceBuffer(): Uint8Array {
    return this.#piecePool.acquire();
  }

  releasePieceBuffer(buffer: Uint8Array): void {
    this.#piecePool.release(buffer);
  }

  /**
   * Hashes the piece in `buffer`, off the main thread. When it is verified it can be read at once, the buffer
   * belongs to the storage, and the piece is written in its turn, again and again while the disk is in trouble.
   * On a mismatch, and when this rejects, the buffer stays with the caller.
   * Rejects with StorageError `READ_ONLY` or `CLOSED`, or with the hasher's error.
   */
  async commitPiece(index: number, buffer: Uint8Array): Promise<"verified" | "mismatch"> {
    if (this.#isReadOnly) throw new StorageError("READ_ONLY", "the content is only seeded");
    if (this.#closing !== undefined) throw new StorageError("CLOSED", "the storage is closed");
    const verifying = this.#verify(index, buffer);
    this.#verifying.add(verifying);
    try {
      return await verifying;
    } finally {
      this.#verifying.delete(verifying);
    }
  }

  /**
   * Lends a block of a piece that is there, at once when it is in memory.
   * Rejects with StorageError: `NOT_AVAILABLE`, `CONTENT_CHANGED`, `DISK_ERROR` or `CLOSED`.
   */
  readBlock(index: number, begin: number, length: number): BlockLease | Promise<BlockLease> {
    if (this.#closing !== undefined) {
      return Promise.reject(new StorageError("CLOSED", "the storage is closed"));
    }
    const isThere = this.havePieces.has(index) && begin >= 0 && length > 0;
    if (!isThere || begin + length > pieceSizeBytes(this.#info, index)) {
      const block = `block ${begin}+${length} of piece ${index}`;
      return Promise.reject(new StorageError("NOT_AVAILABLE", `${block} is not available`));
    }
    return this.#reader.read(index, begin, length);
  }

  /**
   * Resolves when every piece that is verified by now is on the medium, however long the disk is in trouble.
   * Rejects with StorageError `CLOSED` when the storage was closed before.
   */
  flush(): Promise<void> {
    return this.#writer.push(async () => {
      await this.#content.sync();
      if (this.#resume.isDue) await this.#resume.saveNow();
    });
  }

  /**
   * Writes what is verified, syncs, saves the resume file and closes all files. Pieces that cannot be written,
   * because the disk is in trouble or `signal` aborts, are given up.
   */
  close({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#closing ??= this.#close(signal);
    return this.#closing;
  }

  async #close(signal: AbortSignal | undefined): Promise<void> {
    await Promise.allSettled(this.#verifying);
    await this.#writer.close(signal);
    await this.#reader.close();
    if (this.#resume.isDue) await this.#resume.saveNow();
    await this.#content.close();
  }

  async #verify(index: number, buffer: Uint8Array): Promise<"verified" | "mismatch"> {
    const bytes = buffer.subarray(0, pieceSizeBytes(this.#info, index));
    this.#backlog.add(bytes.length);
    let isVerified = false;
    try {
      isVerified = isPiece(this.#info, index, await this.#hasher.sha1(bytes));
    } finally {
      if (!isVerified) this.#backlog.remove(bytes.length);
    }
    if (!isVerified) return "mismatch";
    if (this.havePieces.has(index)) {
      this.#piecePool.release(buffer);
      this.#backlog.remove(bytes.length);
    } else {
      this.havePieces.set(index);
      void this.#write(index, buffer, bytes);
    }
    return "verified";
  }

  async #write(index: number, buffer: Uint8Array, bytes: Uint8Array): Promise<void> {
    const unhold = this.#reader.hold(index, buffer);
    try {
      await this.#writer.push(() => this.#content.write(index * this.#info.pieceLength, bytes));
      this.#written.set(index);
      this.#resume.onWritten();
    } catch {
      // Given up: the storage is being closed, and the resume file will not claim the piece.
    } finally {
      unhold();
      this.#backlog.remove(bytes.length);
    }
  }
}
