import { Worker } from "node:worker_threads";
import type { Hasher } from "../ports/disk.js";
import { type HashBatch, type HashBatchResult, SHA1_BYTES } from "./hash-worker.js";
import { StorageError } from "./storage-error.js";

/** Right from `src` as well as from `dist`, for a worker runs compiled code only. */
const WORKER_URL = new URL("../../dist/storage/hash-worker.js", import.meta.url);

const MAX_BATCH_BYTES = 256 * 1024;
const MAX_BATCH_REQUESTS = 64;
/** One batch that is being hashed and one that waits behind it, so that a worker never idles between two. */
const MAX_BATCHES_IN_FLIGHT = 2;

interface HashRequest {
  readonly bytes: Uint8Array;
  resolve(digest: Uint8Array): void;
  reject(error: Error): void;
}

interface Lane {
  readonly worker: Worker;
  /** Batches that were sent to the worker, which answers them in order. */
  readonly inFlight: HashRequest[][];
}

/** SHA-1 in worker threads. Idle workers do not keep the process alive. */
export class WorkerHasher implements Hasher {
  readonly #lanes: Lane[];
  readonly #queue: HashRequest[] = [];
  #isPumpScheduled = false;
  #failure: StorageError | undefined;

  /** `workers` threads, 1 by default. */
  constructor({ workers = 1 }: { readonly workers?: number } = {}) {
    this.#lanes = Array.from({ length: workers }, () => this.#startLane());
  }

  /**
   * The digest of `bytes`. They are copied unless they lie in a SharedArrayBuffer.
   * Rejects with StorageError `CLOSED`, or `DISK_ERROR` when a worker died.
   */
  sha1(bytes: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#queue.push({ bytes, resolve, reject });
      if (this.#isPumpScheduled) return;
      this.#isPumpScheduled = true;
      // Requests of one turn go together.
      queueMicrotask(() => {
        this.#isPumpScheduled = false;
        this.#pump();
      });
    });
  }

  /** Ends the workers; whatever was not hashed yet is rejected. */
  async close(): Promise<void> {
    this.#fail(new StorageError("CLOSED", "the hasher is closed"));
    await Promise.all(this.#lanes.map(({ worker }) => worker.terminate()));
  }

  #startLane(): Lane {
    const worker = new Worker(WORKER_URL, { execArgv: [] });
    const lane: Lane = { worker, inFlight: [] };
    worker.unref();
    worker.on("message", (result: HashBatchResult) => this.#onResult(lane, result));
    worker.on("error", (cause) =>
      this.#fail(new StorageError("DISK_ERROR", "a hashing thread died", { cause })),
    );
    return lane;
  }

  #pump(): void {
    for (let depth = 0; depth < MAX_BATCHES_IN_FLIGHT; depth++) {
      for (const lane of this.#lanes) {
        if (this.#queue.length === 0) return;
        if (lane.inFlight.length <= depth) this.#send(lane, this.#takeBatch());
      }
    }
  }

  #takeBatch(): HashRequest[] {
    let count = 0;
    let batchBytes = 0;
    for (const { bytes } of this.#queue) {
      if (count === MAX_BATCH_REQUESTS || (count > 0 && batchBytes + bytes.length > MAX_BATCH_BYTES)) break;
      count++;
      batchBytes += bytes.length;
    }
    return this.#queue.splice(0, count);
  }

  #send(lane: Lane, requests: HashRequest[]): void {
    const transfer: ArrayBuffer[] = [];
    const inputs = requests.map(({ bytes }) => {
      if (bytes.buffer instanceof SharedArrayBuffer) return bytes;
      const copy = new Uint8Array(bytes);
      transfer.push(copy.buffer);
      return copy;
    });
    lane.inFlight.push(requests);
    lane.worker.ref();
    const batch: HashBatch = { inputs };
    lane.worker.postMessage(batch, transfer);
  }

  #onResult(lane: Lane, { digests }: HashBatchResult): void {
    const requests = lane.inFlight.shift() ?? [];
    requests.forEach(({ resolve }, i) => {
      resolve(digests.slice(i * SHA1_BYTES, (i + 1) * SHA1_BYTES));
    });
    this.#pump();
    if (lane.inFlight.length === 0) lane.worker.unref();
  }

  #fail(failure: StorageError): void {
    this.#failure ??= failure;
    const requests = [
      ...this.#lanes.flatMap((lane) => lane.inFlight.splice(0).flat()),
      ...this.#queue.splice(0),
    ];
    for (const { reject } of requests) reject(failure);
  }
}
