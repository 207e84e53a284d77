/** Compares one 32-bit word of a packet, counted from its network header, in network order. */
export interface WordMatch {
  readonly offset: number;
  readonly value: number;
  readonly mask: number;
}

/** What becomes of a packet that matches. */
export type FilterTarget =
  | { readonly kind: "class"; readonly minor: number }
  | { readonly kind: "redirect"; readonly interfaceName: string }
  | { readonly kind: "drop" }
  | { readonly kind: "pass" };

/** `Ethertype`s by tc's names. */
export type FilterProtocol = "ip" | "ipv6" | "arp" | "all";

/** A u32 filter. */
export interface FilterRule {
  readonly preference: number;
  readonly protocol: FilterProtocol;
  /** Where it stands in a hash table; undefined is in the list that is gone through first. */
  readonly bucket: HashBucket | undefined;
  /** All of these. */
  readonly matches: readonly WordMatch[];
  readonly target: FilterTarget;
}

export interface HashBucket {
  readonly table: number;
  readonly bucket: number;
}

/** A hash table of 256 buckets that all packets of a protocol are looked up in, by the last byte of one of their words. */
export interface FilterTable {
  readonly preference: number;
  readonly protocol: FilterProtocol;
  readonly table: number;
  /** Of the word that the byte is in. */
  readonly offset: number;
}

/** All filters of one hook. */
export interface FilterPlan {
  readonly tables: readonly FilterTable[];
  readonly rules: readonly FilterRule[];
}

export const NO_FILTERS: FilterPlan = { tables: [], rules: [] };

/** The same text for the same rule. */
export function ruleKey({ preference, protocol, bucket, matches, target }: FilterRule): string {
  const place = bucket === undefined ? "" : `${bucket.table.toString(16)}:${bucket.bucket.toString(16)}`;
  const words = matches.map(
    ({ offset, value, mask }) => `${value.toString(16)}/${mask.toString(16)}@${offset}`,
  );
  return [preference, protocol, place, ...words, targetKey(target)].join(" ");
}

export function tableKey({ preference, protocol, table }: Omit<FilterTable, "offset">): string {
  return [preference, protocol, table.toString(16)].join(" ");
}

function targetKey(target: FilterTarget): string {
  switch (target.kind) {
    case "class":
      return `class ${target.minor.toString(16)}`;
    case "redirect":
      return `redirect ${target.interfaceName}`;
    default:
      return target.kind;
  }
}
