/** Runs so many tasks at a time; the others wait for their turn, those in a hurry before the rest. */
export class Slots {
  #free: number;
  readonly #urgent: (() => void)[] = [];
  readonly #ordinary: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async run<T>(task: () => Promise<T>, options: { readonly isUrgent?: boolean } = {}): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else {
      const queue = options.isUrgent === true ? this.#urgent : this.#ordinary;
      await new Promise<void>((resolve) => queue.push(resolve));
    }
    try {
      return await task();
    } finally {
      // The slot is handed on; only when nobody waits is it free.
      const next = this.#urgent.shift() ?? this.#ordinary.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
