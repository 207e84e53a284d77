import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { parseMetainfo } from "@swarmlab/metainfo/metainfo";

const run = promisify(execFile);

/** A .torrent file and what has to be known of it. */
export interface Torrent {
  readonly file: string;
  /** Hexadecimal. */
  readonly infoHash: string;
  readonly name: string;
  readonly totalBytes: number;
  readonly pieceLengthBytes: number;
}

export async function readTorrent(file: string): Promise<Torrent> {
  const { info } = parseMetainfo(await readFile(file));
  return {
    file,
    infoHash: Buffer.from(info.infoHash).toString("hex"),
    name: info.name,
    totalBytes: info.totalBytes,
    pieceLengthBytes: info.pieceLength,
  };
}

export interface TorrentOptions {
  /** The file or folder to share. */
  readonly contentPath: string;
  /** The .torrent file to write. */
  readonly torrentFile: string;
  readonly announceUrl: string;
  /** A power of two from 32 KiB to 256 MiB. */
  readonly pieceLengthBytes: number;
}

/** Makes a .torrent file with mktorrent: what our own code reads in tests is then not what it wrote itself. */
export async function makeTorrent(options: TorrentOptions): Promise<Torrent> {
  const exponent = Math.log2(options.pieceLengthBytes);
  if (!Number.isInteger(exponent)) throw new RangeError("the piece length has to be a power of two");
  await run("mktorrent", [
    `--announce=${options.announceUrl}`,
    `--piece-length=${exponent}`,
    `--output=${options.torrentFile}`,
    "--no-date",
    options.contentPath,
  ]);
  return readTorrent(options.torrentFile);
}
