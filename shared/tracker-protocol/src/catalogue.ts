import { z } from "zod";

/** A torrent in a tracker's catalogue, as `GET /api/torrents` lists it. */
const catalogueEntrySchema = z.object({
  name: z.string(),
  /** 40 hexadecimal digits, lower case. */
  infoHash: z.string().regex(/^[0-9a-f]{40}$/),
  totalBytes: z.number().int().min(0),
  pieceCount: z.number().int().min(0),
  files: z.array(z.object({ path: z.string(), sizeBytes: z.number().int().min(0) })),
  seeders: z.number().int().min(0),
  leechers: z.number().int().min(0),
  /** How many peers have reported a finished download. */
  completed: z.number().int().min(0),
  /** ISO 8601. */
  addedAt: z.string(),
});

export const catalogueListSchema = z.object({ torrents: z.array(catalogueEntrySchema) });

/** What every refused request is answered with. */
export const catalogueErrorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

export type CatalogueEntry = z.infer<typeof catalogueEntrySchema>;
export type CatalogueList = z.infer<typeof catalogueListSchema>;

/** The media type of a `.torrent` file. */
export const torrentMediaType = "application/x-bittorrent";

/** The largest `.torrent` that a catalogue takes. */
export const maxTorrentFileBytes = 32 * 1024 * 1024;

/** Paths of the catalogue, below the tracker's origin. */
export const cataloguePaths = {
  /** GET lists (`{torrents: […]}`); POST with the bytes of a `.torrent` adds: 201 for a new one, 200 for a known one. */
  torrents: "/api/torrents",
  /** GET lists those of exactly this name. */
  byName: (name: string) => `/api/torrents?name=${encodeURIComponent(name)}`,
  /** GET as JSON; DELETE. */
  torrent: (infoHash: string) => `/api/torrents/${infoHash}`,
  /** GET the bytes of the `.torrent`. */
  torrentFile: (infoHash: string) => `/api/torrents/${infoHash}.torrent`,
};
