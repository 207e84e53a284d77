/**
 * Buffers of one size that are used again and again. They lie in shared memory,
 * so that a worker thread reads them where they are.
 */
export class BufferPool {
  readonly #sizeBytes: number;
  readonly #maxRetained: number;
  readonly #free: Uint8Array[] = [];

  /** Keeps up to `retainBytes` of free buffers, but at least two of them; the rest is left to the collector. */
  constructor(sizeBytes: number, retainBytes: number) {
    this.#sizeBytes = sizeBytes;
    this.#maxRetained = Math.max(2, Math.floor(retainBytes / Math.max(1, sizeBytes)));
  }

  /** A buffer with whatever content its last user left in it. */
  acquire(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(new SharedArrayBuffer(this.#sizeBytes));
  }

  /** Gives a buffer back; whoever does must not use it any more. */
  release(buffer: Uint8Array): void {
    if (this.#free.length < this.#maxRetained) this.#free.push(buffer);
  }
}
