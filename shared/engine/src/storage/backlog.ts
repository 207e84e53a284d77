/** How much waits to be hashed and written, and whether that is too much. */
export class Backlog {
  readonly #limitBytes: number;
  readonly #onDrained: () => void;
  #bytes = 0;
  #isCongested = false;

  /** `onDrained` is called when the backlog has come down to half of `limitBytes` after it had reached that. */
  constructor(limitBytes: number, onDrained: () => void) {
    this.#limitBytes = limitBytes;
    this.#onDrained = onDrained;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isCongested(): boolean {
    return this.#isCongested;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes >= this.#limitBytes) this.#isCongested = true;
  }

  remove(bytes: number): void {
    this.#bytes -= bytes;
    if (!this.#isCongested || this.#bytes > this.#limitBytes / 2) return;
    this.#isCongested = false;
    this.#onDrained();
  }
}
