import { LinkControlError } from "../link-control-error.js";
import {
  formatAlias,
  type InterfaceAlias,
  type InterfaceRecord,
  MAX_ALIAS_BYTES,
} from "../state/interface-record.js";
import type { LinkState } from "../state/link-state.js";
import { parseOffloads } from "../state/offloads.js";
import type { KernelCommands } from "./kernel-commands.js";

/** More than an IFB device has by itself, which would be full at 32 packets. */
const IFB_QUEUE_PACKETS = 1000;

/**
 * Makes an interface send and receive packets one by one, as a link carries them, and records how it was before. TCP goes
 * on making super-packets with all offloads off (since Linux 4.17), unless `gso_max_segs` is 1; as that is set last, it
 * also says that the rest has been done.
 */
export async function sendPacketsSingly(
  commands: KernelCommands,
  state: LinkState,
): Promise<InterfaceRecord> {
  const { name, gsoMaxSegments } = state.interface;
  const { foreign, record } = state.alias;
  if (record !== undefined && gsoMaxSegments === 1) return record;
  const offloads = parseOffloads(await commands.read("ethtool", ["--json", "-k", name]));
  const fresh: InterfaceRecord = record ?? {
    offloads,
    gsoMaxSegments,
    addedClsact: false,
    tcpReceiveBufferBytes: undefined,
    tcpSendBufferBytes: undefined,
  };
  if (record === undefined) await writeAlias(commands, name, { foreign, record: fresh });
  await switchOffloads(commands, name, offloads, "off");
  await commands.batch("ip", [`link set dev ${name} gso_max_segs 1`]);
  return fresh;
}

/** Undoes it. The record is forgotten last, so that this can be repeated if it is cut short. */
export async function restoreInterface(commands: KernelCommands, state: LinkState): Promise<void> {
  const { name, gsoMaxSegments } = state.interface;
  const { foreign, record } = state.alias;
  if (record === undefined) return;
  if (gsoMaxSegments !== record.gsoMaxSegments) {
    await commands.batch("ip", [`link set dev ${name} gso_max_segs ${record.gsoMaxSegments}`]);
  }
  await switchOffloads(commands, name, record.offloads, "on");
  await writeAlias(commands, name, { foreign, record: undefined });
}

/** Keeps what is to be known of an interface with the interface itself. */
export async function writeAlias(
  commands: KernelCommands,
  interfaceName: string,
  alias: InterfaceAlias,
): Promise<void> {
  const text = formatAlias(alias);
  if (Buffer.byteLength(text) > MAX_ALIAS_BYTES) {
    throw new LinkControlError(
      "FOREIGN_ALIAS",
      `the alias of ${interfaceName} is too long to add what links need to remember: "${alias.foreign}"`,
    );
  }
  await commands.change("ip", ["link", "set", "dev", interfaceName, "alias", text]);
}

/** Makes the IFB device; it is up when all else is done. */
export async function addIfb(commands: KernelCommands, ifbName: string, state: LinkState): Promise<void> {
  if (state.ifb === undefined) await commands.batch("ip", [`link add name ${ifbName} type ifb`]);
  await switchOffloads(commands, ifbName, ["tso", "gso", "gro"], "off");
  // Otherwise IPv6 sends packets of its own through it.
  const silence = state.interface.hasIpv6 ? " addrgenmode none" : "";
  await commands.batch("ip", [
    `link set dev ${ifbName}${silence} txqueuelen ${IFB_QUEUE_PACKETS}`,
    `link set dev ${ifbName} up`,
  ]);
}

async function switchOffloads(
  commands: KernelCommands,
  device: string,
  offloads: readonly string[],
  to: "on" | "off",
): Promise<void> {
  if (offloads.length === 0) return;
  await commands.change("ethtool", ["-K", device, ...offloads.flatMap((offload) => [offload, to])]);
}
