import { type MagnetLink, parseInfoHash, parseMagnet } from "@swarmlab/metainfo/magnet";

/** What a `--torrent` argument names. */
export type TorrentArgument =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "magnet"; readonly link: MagnetLink }
  | { readonly kind: "info-hash"; readonly infoHash: Uint8Array }
  /** A name in the tracker's catalogue. */
  | { readonly kind: "name"; readonly name: string };

/**
 * Tells by its form what the argument is: a magnet link, an info hash (40 hex digits, 32 characters of base32), a
 * file (it ends in `.torrent` or has a slash in it), or else a name. Whether a file of that name happens to exist
 * plays no part: a leecher that is started again would take its own download for a torrent.
 * @throws MetainfoError for a magnet link that cannot be used
 */
export function parseTorrentArgument(text: string): TorrentArgument {
  if (/^magnet:/i.test(text)) return { kind: "magnet", link: parseMagnet(text) };
  if (/[/\\]/.test(text) || /\.torrent$/i.test(text)) return { kind: "file", path: text };
  if (/^(?:[0-9a-f]{40}|[a-z2-7]{32})$/i.test(text)) {
    return { kind: "info-hash", infoHash: parseInfoHash(text) };
  }
  return { kind: "name", name: text };
}
