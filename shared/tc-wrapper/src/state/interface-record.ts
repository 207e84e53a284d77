/**
 * What an interface was like before this package changed it. It is kept as the interface's alias (`ip link set … alias`),
 * so that any later process can put things back.
 */
export interface InterfaceRecord {
  /** Offloads that were on, by the names that `ethtool -K` takes. */
  readonly offloads: readonly string[];
  readonly gsoMaxSegments: number;
  /** The clsact qdisc is ours. */
  readonly addedClsact: boolean;
  /** The greatest buffers that TCP took, in bytes; undefined as long as they are not changed. */
  readonly tcpReceiveBufferBytes: number | undefined;
  readonly tcpSendBufferBytes: number | undefined;
}

/** Alias of an interface: what others wrote, and our record behind it. */
export interface InterfaceAlias {
  readonly foreign: string;
  readonly record: InterfaceRecord | undefined;
}

/** What the kernel keeps (IFALIASZ), less the zero. */
export const MAX_ALIAS_BYTES = 255;

/** Reads an alias; whatever is no record of ours is foreign. */
export function parseAlias(alias: string): InterfaceAlias {
  const [whole = "", fields] = / ?\[swarmlab((?: [a-z]+=[a-z0-9+]*)+)\]$/.exec(alias) ?? [];
  const record = fields === undefined ? undefined : readRecord(fields);
  return record
    ? { foreign: alias.slice(0, alias.length - whole.length), record }
    : { foreign: alias, record };
}

/** The alias that `parseAlias` reads as the same. */
export function formatAlias({ foreign, record }: InterfaceAlias): string {
  if (record === undefined) return foreign;
  const fields = [
    `offloads=${record.offloads.join("+")}`,
    `segments=${record.gsoMaxSegments}`,
    `clsact=${record.addedClsact ? 1 : 0}`,
  ];
  if (record.tcpReceiveBufferBytes !== undefined) fields.push(`rmem=${record.tcpReceiveBufferBytes}`);
  if (record.tcpSendBufferBytes !== undefined) fields.push(`wmem=${record.tcpSendBufferBytes}`);
  return `${foreign}${foreign === "" ? "" : " "}[swarmlab ${fields.join(" ")}]`;
}

function readRecord(text: string): InterfaceRecord | undefined {
  const fields = new Map(
    text
      .trim()
      .split(" ")
      .map((field) => [field.split("=")[0], field.split("=")[1] ?? ""]),
  );
  const integer = (name: string): number | undefined => {
    const value = fields.get(name);
    return value !== undefined && /^\d{1,10}$/.test(value) ? Number(value) : undefined;
  };
  const gsoMaxSegments = integer("segments");
  const clsact = integer("clsact");
  if (gsoMaxSegments === undefined || clsact === undefined) return undefined;
  return {
    offloads: (fields.get("offloads") ?? "").split("+").filter((name) => /^[a-z]+$/.test(name)),
    gsoMaxSegments,
    addedClsact: clsact === 1,
    tcpReceiveBufferBytes: integer("rmem"),
    tcpSendBufferBytes: integer("wmem"),
  };
}
