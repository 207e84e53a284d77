import type { TorrentFile } from "@swarmlab/metainfo/info";

/** A run of bytes within one file. */
export interface FileSpan {
  /** Index into the torrent's files. */
  readonly fileIndex: number;
  /** Where the run starts in the file. */
  readonly fileOffsetBytes: number;
  readonly lengthBytes: number;
  /** Zeros that are not stored (BEP 47). */
  readonly isPadding: boolean;
}

/** Where the bytes of a torrent lie in its files. */
export class FileLayout {
  readonly files: readonly TorrentFile[];
  /** Indexes of the files that have bytes; these have strictly increasing offsets. */
  readonly #filled: readonly number[];

  constructor(files: readonly TorrentFile[]) {
    this.files = files;
    this.#filled = files.flatMap((file, index) => (file.lengthBytes > 0 ? [index] : []));
  }

  /** The files that hold `lengthBytes` from `offsetBytes` of the torrent, in order; empty files have no part in it. */
  spans(offsetBytes: number, lengthBytes: number): FileSpan[] {
    const spans: FileSpan[] = [];
    let position = offsetBytes;
    const end = offsetBytes + lengthBytes;
    for (let i = this.#find(offsetBytes); position < end; i++) {
      const fileIndex = this.#filled[i];
      const file = fileIndex === undefined ? undefined : this.files[fileIndex];
      if (fileIndex === undefined || file === undefined) {
        throw new RangeError(`the torrent has no bytes ${offsetBytes} to ${end}`);
      }
      const fileOffsetBytes = position - file.offsetBytes;
      const spanBytes = Math.min(file.lengthBytes - fileOffsetBytes, end - position);
      spans.push({ fileIndex, fileOffsetBytes, lengthBytes: spanBytes, isPadding: file.isPadding });
      position += spanBytes;
    }
    return spans;
  }

  /** Which of the filled files holds the byte at `offsetBytes` (binary search). */
  #find(offsetBytes: number): number {
    let low = 0;
    let high = this.#filled.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      const file = this.files[this.#filled[middle] as number] as TorrentFile;
      if (file.offsetBytes <= offsetBytes) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
