/** An announce or scrape as it stands in the bytes of a connection. */
export interface TrackerRequestHead {
  readonly kind: "announce" | "scrape";
  /** Where the query starts and ends, without `?`. */
  readonly queryStart: number;
  readonly queryEnd: number;
  /** Where the next request begins. */
  readonly end: number;
  readonly version: "1.0" | "1.1";
  readonly keepAlive: boolean;
}

/**
 * What the bytes from `start` are: a whole request for /announce or /scrape; the beginning of one (`incomplete`);
 * something for the full HTTP server (`other`); or a request for /announce or /scrape that is refused (`bad`: it has a
 * body, or is no HTTP/1).
 */
export function readTrackerRequest(
  bytes: Buffer,
  start: number,
): TrackerRequestHead | "incomplete" | "other" | "bad" {
  const kind = requestKind(bytes, start);
  if (kind === "incomplete" || kind === "other") return kind;
  const pathEnd = start + prefixes[kind].length;
  const lineEnd = bytes.indexOf(LINE_FEED, pathEnd);
  if (lineEnd < 0) return "incomplete";
  const afterPath = bytes[pathEnd];
  if (afterPath !== QUESTION_MARK && afterPath !== SPACE) return "other";
  const queryStart = afterPath === SPACE ? pathEnd : pathEnd + 1;
  const queryEnd = bytes.indexOf(SPACE, queryStart);
  if (queryEnd < 0 || queryEnd > lineEnd) return "bad";
  const version = versionAfter(bytes, queryEnd + 1, lineEnd);
  if (version === undefined) return "bad";
  const headers = readHeaders(bytes, lineEnd + 1, version === "1.1");
  if (typeof headers === "string") return headers;
  return { kind, queryStart, queryEnd, version, ...headers };
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUESTION_MARK = 0x3f;
const prefixes = { announce: "GET /announce", scrape: "GET /scrape" } as const;
const kinds = ["announce", "scrape"] as const;

function requestKind(bytes: Buffer, start: number): "announce" | "scrape" | "incomplete" | "other" {
  for (const kind of kinds) {
    const prefix = prefixes[kind];
    const length = Math.min(prefix.length, bytes.length - start);
    if (isText(bytes, start, prefix, length))
      return start + prefix.length < bytes.length ? kind : "incomplete";
  }
  return "other";
}

function versionAfter(bytes: Buffer, start: number, lineEnd: number): "1.0" | "1.1" | undefined {
  const end = bytes[lineEnd - 1] === CARRIAGE_RETURN ? lineEnd - 1 : lineEnd;
  if (end - start !== "HTTP/1.1".length) return undefined;
  if (isText(bytes, start, "HTTP/1.1", 8)) return "1.1";
  return isText(bytes, start, "HTTP/1.0", 8) ? "1.0" : undefined;
}

/** Goes through the header lines from `start` to the empty one; only those that change how we answer are looked at. */
function readHeaders(
  bytes: Buffer,
  start: number,
  keepAliveByDefault: boolean,
): { end: number; keepAlive: boolean } | "incomplete" | "bad" {
  let keepAlive = keepAliveByDefault;
  for (let line = start; ; ) {
    const lineEnd = bytes.indexOf(LINE_FEED, line);
    if (lineEnd < 0) return "incomplete";
    const isEmpty = lineEnd === line || (lineEnd === line + 1 && bytes[line] === CARRIAGE_RETURN);
    if (isEmpty) return { end: lineEnd + 1, keepAlive };
    switch ((bytes[line] as number) | 0x20) {
      case 0x63: // c
        if (hasName(bytes, line, lineEnd, "connection:")) {
          const value = bytes.toString("latin1", line + "connection:".length, lineEnd).toLowerCase();
          keepAlive = keepAlive ? !value.includes("close") : value.includes("keep-alive");
        } else if (hasName(bytes, line, lineEnd, "content-length:")) {
          const value = bytes.toString("latin1", line + "content-length:".length, lineEnd).trim();
          if (value !== "0") return "bad";
        }
        break;
      case 0x74: // t
        if (hasName(bytes, line, lineEnd, "transfer-encoding:")) return "bad";
        break;
    }
    line = lineEnd + 1;
  }
}

function hasName(bytes: Buffer, line: number, lineEnd: number, name: string): boolean {
  if (line + name.length > lineEnd) return false;
  for (let i = 0; i < name.length; i++) {
    const byte = bytes[line + i] as number;
    const isUpperCase = byte >= 0x41 && byte <= 0x5a;
    if ((isUpperCase ? byte | 0x20 : byte) !== name.charCodeAt(i)) return false;
  }
  return true;
}

function isText(bytes: Buffer, start: number, text: string, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}
