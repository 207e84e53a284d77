import { type BencodeDict, type BencodeValue, decodeBencodePrefix } from "@swarmlab/bencode/decode";
import { encodeBencode } from "@swarmlab/bencode/encode";
import { BencodeError } from "@swarmlab/bencode/error";
import { dictOf, requireInteger } from "@swarmlab/bencode/fields";
import { WireError } from "./wire-error.js";

/** The id of the extended handshake itself (BEP 10). */
export const EXTENDED_HANDSHAKE_ID = 0;
/** The largest info dictionary that is fetched from peers. Real ones of 14 MB exist. */
export const MAX_METADATA_BYTES = 30 * 1024 * 1024;
/** Every piece of the metadata but the last has this size (BEP 9). */
export const METADATA_PIECE_BYTES = 16 * 1024;

const MAX_CLIENT_CHARACTERS = 64;
const BENCODE_LIMITS = { maxDepth: 8, maxTokens: 1000 };

/** What a peer says of itself in the extension protocol (BEP 10). */
export interface ExtendedHandshake {
  /** Extension name to the message id by which the sender wants to receive it. */
  readonly messageIds: ReadonlyMap<string, number>;
  /** Name and version of the client, key `v`. */
  readonly client?: string;
  /** The port on which the sender listens, key `p`. */
  readonly listenPort?: number;
  /** How many outstanding requests the sender accepts, key `reqq`. */
  readonly requestQueue?: number;
  /** The size of the info dictionary, key `metadata_size` (BEP 9). */
  readonly metadataBytes?: number;
  /** The receiver's address as the sender sees it, 4 or 16 bytes, key `yourip`. */
  readonly yourIp?: Uint8Array;
}

/** The payload of the extended handshake. */
export function encodeExtendedHandshake(handshake: ExtendedHandshake): Uint8Array {
  return encodeBencode({
    m: new Map([...handshake.messageIds].map(([name, id]) => [latin1OfText(name), id])),
    v: handshake.client,
    p: handshake.listenPort,
    reqq: handshake.requestQueue,
    metadata_size: handshake.metadataBytes,
    yourip: handshake.yourIp,
  });
}

/**
 * Reads the payload of an extended handshake; nothing of the result refers to its memory. A field that has a wrong type
 * or no sensible value (a `metadata_size` above {@link MAX_METADATA_BYTES}, for one) counts as not sent.
 * An extension with id 0 is one that the sender switches off; it is left out.
 * Throws WireError `BAD_EXTENSION_MESSAGE` when the payload is no dictionary.
 */
export function parseExtendedHandshake(payload: Uint8Array): ExtendedHandshake {
  const { dict } = decodeDictPrefix(payload);
  const client = clientOf(dict.get("v"));
  const listenPort = integerWithin(dict.get("p"), 1, 65_535);
  const requestQueue = integerWithin(dict.get("reqq"), 1, Number.MAX_SAFE_INTEGER);
  const metadataBytes = integerWithin(dict.get("metadata_size"), 1, MAX_METADATA_BYTES);
  const yourIp = dict.get("yourip");
  return {
    messageIds: messageIdsOf(dict.get("m")),
    ...(client === undefined ? {} : { client }),
    ...(listenPort === undefined ? {} : { listenPort }),
    ...(requestQueue === undefined ? {} : { requestQueue }),
    ...(metadataBytes === undefined ? {} : { metadataBytes }),
    ...(yourIp instanceof Uint8Array && (yourIp.length === 4 || yourIp.length === 16)
      ? { yourIp: Uint8Array.from(yourIp) }
      : {}),
  };
}

/** A message of the extension `ut_metadata` (BEP 9), by which peers hand on the info dictionary. */
export type MetadataMessage =
  | { readonly type: "request"; readonly piece: number }
  | {
      readonly type: "data";
      readonly piece: number;
      /** The size of the whole info dictionary. */
      readonly totalBytes: number;
      /** This piece of it. */
      readonly data: Uint8Array;
    }
  | { readonly type: "reject"; readonly piece: number };

const MAX_METADATA_PIECE = Math.ceil(MAX_METADATA_BYTES / METADATA_PIECE_BYTES) - 1;

/** The payload of a `ut_metadata` message. */
export function encodeMetadataMessage(message: MetadataMessage): Uint8Array {
  if (message.type === "request") return encodeBencode({ msg_type: 0, piece: message.piece });
  if (message.type === "reject") return encodeBencode({ msg_type: 2, piece: message.piece });
  const head = encodeBencode({ msg_type: 1, piece: message.piece, total_size: message.totalBytes });
  const payload = new Uint8Array(head.length + message.data.length);
  payload.set(head, 0);
  payload.set(message.data, head.length);
  return payload;
}

/**
 * Reads the payload of a `ut_metadata` message; `data` is a view of it. Undefined for a message type of the future,
 * which is to be ignored. Throws WireError `BAD_EXTENSION_MESSAGE` when it cannot be read, or when a piece, a size
 * or the data are out of bounds.
 */
export function parseMetadataMessage(payload: Uint8Array): MetadataMessage | undefined {
  const { dict, endOffset } = decodeDictPrefix(payload);
  const type = requireWithin(dict, "msg_type", 0, 255);
  if (type > 2) return undefined;
  const piece = requireWithin(dict, "piece", 0, MAX_METADATA_PIECE);
  if (type === 0) return { type: "request", piece };
  if (type === 2) return { type: "reject", piece };
  const totalBytes = requireWithin(dict, "total_size", 1, MAX_METADATA_BYTES);
  const data = payload.subarray(endOffset);
  const expected = Math.min(METADATA_PIECE_BYTES, totalBytes - piece * METADATA_PIECE_BYTES);
  if (data.length !== expected) {
    throw new WireError(
      "BAD_EXTENSION_MESSAGE",
      `${data.length} bytes as piece ${piece} of ${totalBytes} bytes of metadata`,
    );
  }
  return { type: "data", piece, totalBytes, data };
}

function decodeDictPrefix(payload: Uint8Array): { dict: BencodeDict; endOffset: number } {
  return asWireError(() => {
    const { value, endOffset } = decodeBencodePrefix(payload, { keyOrder: "any", limits: BENCODE_LIMITS });
    return { dict: dictOf(value, "payload"), endOffset };
  });
}

function requireWithin(dict: BencodeDict, key: string, min: number, max: number): number {
  return asWireError(() => requireInteger(dict, key, { min, max }));
}

function asWireError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BencodeError)) throw error;
    throw new WireError("BAD_EXTENSION_MESSAGE", error.message, { cause: error });
  }
}

function messageIdsOf(value: BencodeValue | undefined): Map<string, number> {
  const ids = new Map<string, number>();
  if (!(value instanceof Map)) return ids;
  for (const [name, idValue] of value) {
    const id = integerWithin(idValue, 1, 255);
    if (id !== undefined) ids.set(textOfLatin1(name), id);
  }
  return ids;
}

function integerWithin(value: BencodeValue | undefined, min: number, max: number): number | undefined {
  return typeof value === "number" && value >= min && value <= max ? value : undefined;
}

/** Shortened and without control characters, for it ends up in logs and on terminals. */
function clientOf(value: BencodeValue | undefined): string | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  const text = new TextDecoder().decode(value.subarray(0, 4 * MAX_CLIENT_CHARACTERS));
  const client = text.replace(/\p{C}/gu, "").slice(0, MAX_CLIENT_CHARACTERS).trim();
  return client === "" ? undefined : client;
}

// The keys of a bencoded dictionary are bytes, one character each; names of extensions are text.
function latin1OfText(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function textOfLatin1(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8");
}
