import { CommandError } from "../command-runner.js";
import { LinkControlError } from "../link-control-error.js";
import type { InterfaceRecord } from "../state/interface-record.js";
import type { KernelCommands } from "./kernel-commands.js";

/**
 * Whether TCP can fill the line: its buffers (`tcp_rmem`, `tcp_wmem` of the namespace) are `enough` as they are or were,
 * have been `set` now, or are too small and `not-writable`, because /proc/sys is mounted read-only.
 */
export type TcpBufferState = "enough" | "set" | "not-writable";

const FILES = {
  tcpReceiveBufferBytes: "/proc/sys/net/ipv4/tcp_rmem",
  tcpSendBufferBytes: "/proc/sys/net/ipv4/tcp_wmem",
} as const;
type BufferName = keyof typeof FILES;

type NeededBuffers = { readonly [name in BufferName]: number | undefined };

/** What is to be set, and the record that is to be written before. */
export interface TcpBufferChanges {
  readonly record: InterfaceRecord;
  readonly writes: readonly { readonly file: string; readonly value: string }[];
}

/**
 * Compares the greatest buffers with those that are needed; what was there before this package changed it is the least.
 * Files that are not there (in old kernels, outside of the first namespace) are left alone.
 */
export async function tcpBufferChanges(
  commands: KernelCommands,
  needed: NeededBuffers,
  record: InterfaceRecord,
): Promise<TcpBufferChanges> {
  const names = (["tcpReceiveBufferBytes", "tcpSendBufferBytes"] as const).filter(
    (name) => needed[name] !== undefined || record[name] !== undefined,
  );
  let changed = record;
  const writes: { file: string; value: string }[] = [];
  if (names.length === 0) return { record, writes };
  const values = await readBuffers(commands, names);
  for (const [index, name] of names.entries()) {
    const [least, usual, greatest] = values[index] ?? [];
    if (least === undefined || usual === undefined || greatest === undefined) continue;
    const original = record[name] ?? greatest;
    const wanted = Math.max(original, needed[name] ?? 0);
    if (wanted === greatest) continue;
    changed = { ...changed, [name]: original };
    writes.push({ file: FILES[name], value: `${least} ${usual} ${wanted}\n` });
  }
  return { record: changed, writes };
}

export async function writeTcpBuffers(
  commands: KernelCommands,
  { writes }: TcpBufferChanges,
): Promise<TcpBufferState> {
  for (const { file, value } of writes) {
    try {
      await commands.change("tee", [file], value);
    } catch (error) {
      if (error instanceof LinkControlError && error.cause instanceof CommandError) return "not-writable";
      throw error;
    }
  }
  return writes.length === 0 ? "enough" : "set";
}

async function readBuffers(commands: KernelCommands, names: readonly BufferName[]): Promise<number[][]> {
  try {
    const text = await commands.read(
      "cat",
      names.map((name) => FILES[name]),
    );
    return text.split("\n").map((line) => (line.match(/\d+/g) ?? []).map(Number));
  } catch (error) {
    if (error instanceof CommandError && error.code === "FAILED") return [];
    throw error;
  }
}
