import type { HttpResponse, Network } from "@swarmlab/engine/ports/network";
import {
  type CatalogueEntry,
  catalogueErrorSchema,
  catalogueListSchema,
  cataloguePaths,
  maxTorrentFileBytes,
  torrentMediaType,
} from "@swarmlab/tracker-protocol/catalogue";
import { CatalogueError } from "./catalogue-error.js";

const TIMEOUT_MS = 10_000;
const MAX_LIST_BYTES = 4 * 1024 * 1024;
/** What a server answers that is a tracker, but not one of ours. */
const NOT_HERE = [404, 405, 501];

/** The catalogue of torrents that a Swarmlab tracker keeps. All methods reject with a CatalogueError. */
export class Catalogue {
  /** The tracker's origin, for messages. */
  readonly origin: string;
  readonly #network: Network;

  /** What is fetched comes through `network`, so that an emulated link applies to it. */
  constructor(origin: string, network: Network) {
    this.origin = origin;
    this.#network = network;
  }

  /** All torrents of exactly this name. */
  async named(name: string, signal: AbortSignal): Promise<CatalogueEntry[]> {
    const { status, body } = await this.#get(cataloguePaths.byName(name), MAX_LIST_BYTES, signal);
    if (status === 404) throw new CatalogueError("NO_CATALOGUE", `${this.origin} has no catalogue`);
    this.#requireSuccess(status, body);
    const list = catalogueListSchema.safeParse(parseJson(body));
    if (!list.success) throw new CatalogueError("BAD_ANSWER", `${this.origin} answers with something else`);
    return list.data.torrents.filter((entry) => entry.name === name);
  }

  /** The `.torrent` file; undefined when it is not there. `infoHash` is hexadecimal. */
  async torrentFile(infoHash: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const path = cataloguePaths.torrentFile(infoHash);
    const { status, body } = await this.#get(path, maxTorrentFileBytes, signal);
    if (status === 404) return undefined;
    this.#requireSuccess(status, body);
    return body;
  }

  /** Puts a `.torrent` file into the catalogue; one that is there already is no error. */
  async add(torrentFile: Uint8Array, signal: AbortSignal): Promise<void> {
    const { default: axios } = await import("axios");
    const { status, data } = await axios
      .post<ArrayBuffer>(this.origin + cataloguePaths.torrents, Buffer.from(torrentFile), {
        headers: { "content-type": torrentMediaType },
        responseType: "arraybuffer",
        maxContentLength: MAX_LIST_BYTES,
        maxRedirects: 0,
        proxy: false,
        timeout: TIMEOUT_MS,
        signal,
        validateStatus: () => true,
      })
      .catch((error: unknown) => this.#unreachable(error, signal));
    if (NOT_HERE.includes(status)) {
      throw new CatalogueError("NO_CATALOGUE", `${this.origin} has no catalogue`);
    }
    this.#requireSuccess(status, new Uint8Array(data));
  }

  async #get(path: string, maxBodyBytes: number, signal: AbortSignal): Promise<HttpResponse> {
    try {
      const options = { signal, timeoutMs: TIMEOUT_MS, maxBodyBytes, maxRedirects: 0 };
      return await this.#network.httpGet(this.origin + path, options);
    } catch (error) {
      return this.#unreachable(error, signal);
    }
  }

  #requireSuccess(status: number, body: Uint8Array): void {
    if (status >= 200 && status < 300) return;
    const stated = catalogueErrorSchema.safeParse(parseJson(body));
    const reason = stated.success ? stated.data.error.message : `HTTP status ${status}`;
    const code = status >= 500 ? "UNREACHABLE" : "REFUSED";
    throw new CatalogueError(code, `${this.origin}: ${reason}`);
  }

  #unreachable(cause: unknown, signal: AbortSignal): never {
    signal.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CatalogueError("UNREACHABLE", `${this.origin} cannot be asked: ${reason}`, { cause });
  }
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}
