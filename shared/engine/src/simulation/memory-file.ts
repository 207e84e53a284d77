export const PAGE_BYTES = 16 * 1024;

/** A file in memory, in pages, that remembers what a power cut would take back. */
export class MemoryFile {
  sizeBytes = 0;
  modifiedMs = 0;
  readonly #pages = new Map<number, Uint8Array>();
  /** Pages as they were at the last sync, undefined for none, of those changed since. */
  readonly #syncedPages = new Map<number, Uint8Array | undefined>();
  #syncedSizeBytes = 0;

  get pageCount(): number {
    return this.#pages.size;
  }

  read(target: Uint8Array, position: number): number {
    const length = Math.max(0, Math.min(target.length, this.sizeBytes - position));
    forEachPage(position, length, (page, pageOffset, start, end) => {
      const source = this.#pages.get(page);
      if (source === undefined) target.fill(0, start, end);
      else target.set(source.subarray(pageOffset, pageOffset + end - start), start);
    });
    return length;
  }

  /** Writes until `takePage`, which is asked for each new page, throws. */
  write(source: Uint8Array, position: number, takePage: () => void): void {
    forEachPage(position, source.length, (page, pageOffset, start, end) => {
      this.#pageForWriting(page, takePage).set(source.subarray(start, end), pageOffset);
      this.sizeBytes = Math.max(this.sizeBytes, position + end);
    });
  }

  truncate(sizeBytes: number): void {
    for (const page of this.#pages.keys()) {
      if ((page + 1) * PAGE_BYTES <= sizeBytes) continue;
      const remainder = Math.max(0, sizeBytes - page * PAGE_BYTES);
      if (remainder === 0) {
        this.#remember(page);
        this.#pages.delete(page);
      } else {
        this.#pageForWriting(page, () => {}).fill(0, remainder);
      }
    }
    this.sizeBytes = sizeBytes;
  }

  sync(): void {
    this.#syncedPages.clear();
    this.#syncedSizeBytes = this.sizeBytes;
  }

  /** Takes back everything since the last sync. */
  dropUnsynced(): void {
    for (const [page, content] of this.#syncedPages) {
      if (content === undefined) this.#pages.delete(page);
      else this.#pages.set(page, content);
    }
    this.#syncedPages.clear();
    this.sizeBytes = this.#syncedSizeBytes;
  }

  #pageForWriting(page: number, takePage: () => void): Uint8Array {
    let content = this.#pages.get(page);
    if (content === undefined) {
      takePage();
      this.#remember(page);
      content = new Uint8Array(PAGE_BYTES);
      this.#pages.set(page, content);
    } else {
      this.#remember(page);
    }
    return content;
  }

  #remember(page: number): void {
    if (!this.#syncedPages.has(page)) this.#syncedPages.set(page, this.#pages.get(page)?.slice());
  }
}

/** Calls `visit` with each page that a range touches, where in the page, and which part of the range it is. */
function forEachPage(
  position: number,
  length: number,
  visit: (page: number, pageOffset: number, start: number, end: number) => void,
): void {
  for (let start = 0; start < length; ) {
    const page = Math.floor((position + start) / PAGE_BYTES);
    const pageOffset = position + start - page * PAGE_BYTES;
    const end = Math.min(length, start + PAGE_BYTES - pageOffset);
    visit(page, pageOffset, start, end);
    start = end;
  }
}
