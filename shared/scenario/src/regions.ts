import { RegionError } from "./region-error.js";

/** Round trips that the network itself adds between nodes of different regions, beside those of their own links. */
export interface RegionMatrix {
  /** In the order in which they were given; at least one. */
  readonly names: readonly string[];
  /** Where the figures are from, to be shown beside them. */
  readonly source: string;
  /** In milliseconds; the same in both directions. Zero within a region unless the matrix says otherwise. Throws RegionError. */
  rttMs(from: string, to: string): number;
}

const MAX_REGIONS = 100;
const MAX_RTT_MS = 10_000;
const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/**
 * Reads a matrix from JSON, `{"rttMs": {"frankfurt": {"tokyo": 230, "virginia": 90}, "tokyo": {"virginia": 150}}}`: each
 * pair once, or twice with the same figure, in milliseconds from 0 to 10000. Throws RegionError `BAD_MATRIX`.
 */
export function parseRegionMatrix(json: string, source: string): RegionMatrix {
  const rows = rowsOf(parseJson(json));
  const names = new Set(rows.keys());
  for (const row of rows.values()) for (const name of row.keys()) names.add(name);
  if (names.size === 0 || names.size > MAX_REGIONS) throw bad(`it must name 1 to ${MAX_REGIONS} regions`);
  for (const name of names) {
    if (!NAME.test(name))
      throw bad(`"${name}" cannot name a region: use lower-case letters, digits and hyphens`);
  }
  const pairs = new Map<string, number>();
  for (const [from, row] of rows) for (const [to, rttMs] of row) addPair(pairs, from, to, rttMs);
  const list = [...names];
  for (const [index, from] of list.entries()) {
    for (const to of list.slice(index + 1)) {
      if (!pairs.has(pairKey(from, to))) throw bad(`it does not say the round trip ${from} – ${to}`);
    }
  }
  return regionMatrix(list, source, (from, to) => pairs.get(pairKey(from, to)) ?? 0);
}

/** A matrix whose figures come from a function; `rttMs` is only asked for names in the list. */
export function regionMatrix(
  names: readonly string[],
  source: string,
  rttMs: (from: string, to: string) => number,
): RegionMatrix {
  const known = new Set(names);
  const checked = (name: string) => {
    if (known.has(name)) return name;
    throw new RegionError("UNKNOWN_REGION", `"${name}" is no region, but ${names.join(", ")}`);
  };
  return { names, source, rttMs: (from, to) => rttMs(checked(from), checked(to)) };
}

type Rows = ReadonlyMap<string, ReadonlyMap<string, number>>;

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw bad(error instanceof Error ? error.message : String(error));
  }
}

function rowsOf(document: unknown): Rows {
  const entries = entriesOf(document, "it");
  const [key, matrix] = entries[0] ?? [];
  if (entries.length !== 1 || key !== "rttMs") throw bad('it must hold one key, "rttMs"');
  return new Map(
    entriesOf(matrix, '"rttMs"').map(([from, row]) => [
      from,
      new Map(entriesOf(row, `"${from}"`).map(([to, rttMs]) => [to, checkedRtt(from, to, rttMs)])),
    ]),
  );
}

function entriesOf(value: unknown, what: string): [string, unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw bad(`${what} must be an object`);
  return Object.entries(value);
}

function checkedRtt(from: string, to: string, rttMs: unknown): number {
  if (typeof rttMs === "number" && rttMs >= 0 && rttMs <= MAX_RTT_MS) return rttMs;
  throw bad(`${from} – ${to}: give the round trip in milliseconds, from 0 to ${MAX_RTT_MS}`);
}

function addPair(pairs: Map<string, number>, from: string, to: string, rttMs: number): void {
  const key = pairKey(from, to);
  const earlier = pairs.get(key);
  if (earlier !== undefined && earlier !== rttMs) {
    throw bad(`${from} – ${to} is ${earlier} ms one time and ${rttMs} ms another`);
  }
  pairs.set(key, rttMs);
}

/** Names have no slash. */
function pairKey(from: string, to: string): string {
  return from < to ? `${from}/${to}` : `${to}/${from}`;
}

function bad(reason: string): RegionError {
  return new RegionError("BAD_MATRIX", `not a matrix of regions: ${reason}`);
}
