interface Entry<T> {
  readonly dueMs: number;
  readonly sequence: number;
  readonly value: T;
}

/** What is due when: a binary heap. Values that are due at the same time come out in the order in which they went in. */
export class DueQueue<T> {
  readonly #heap: Entry<T>[] = [];
  #nextSequence = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** When the first value is due; infinity when there is none. */
  get nextDueMs(): number {
    return this.#heap[0]?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  push(dueMs: number, value: T): void {
    const heap = this.#heap;
    const entry = { dueMs, sequence: this.#nextSequence++, value };
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt] as Entry<T>;
      if (!isBefore(entry, parent)) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = entry;
  }

  /** Takes the first value out if it is due at `nowMs`. */
  popDue(nowMs: number): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.dueMs > nowMs) return undefined;
    const last = heap.pop() as Entry<T>;
    if (heap.length > 0) this.#sinkFromTop(last);
    return first.value;
  }

  #sinkFromTop(entry: Entry<T>): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let childAt = 2 * at + 1;
      if (childAt >= heap.length) break;
      const right = heap[childAt + 1];
      if (right !== undefined && isBefore(right, heap[childAt] as Entry<T>)) childAt++;
      const child = heap[childAt] as Entry<T>;
      if (!isBefore(child, entry)) break;
      heap[at] = child;
      at = childAt;
    }
    heap[at] = entry;
  }
}

function isBefore<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence);
}
