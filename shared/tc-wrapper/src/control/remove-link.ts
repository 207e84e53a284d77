import { hookChanges } from "../diff/hook-changes.js";
import { NO_FILTERS } from "../plan/filter-rule.js";
import { restoreInterface } from "./interface-preparation.js";
import type { KernelCommands } from "./kernel-commands.js";
import { type DrainOptions, removeQueues } from "./queue-removal.js";
import { readDevices, readLinkState } from "./read-link-state.js";
import { removeTables } from "./table-removal.js";
import { tcpBufferChanges, writeTcpBuffers } from "./tcp-buffers.js";

/** Takes away all that is ours at an interface, or that is left of it, and puts the rest back. */
export async function removeLink(
  commands: KernelCommands,
  interfaceName: string,
  drain: DrainOptions,
): Promise<void> {
  const devices = await readDevices(commands, interfaceName);
  if (devices.interface === undefined) {
    if (devices.ifb?.kind === "ifb") await commands.batch("ip", [`link del dev ${devices.ifb.name}`]);
    return;
  }
  let state = await readLinkState(commands, interfaceName);
  if (state.ifb !== undefined || state.root.kind === "own") {
    await removeQueues(commands, state, drain);
    state = await readLinkState(commands, interfaceName);
  }
  const hooks = hookChanges(interfaceName, { ingress: NO_FILTERS, egress: NO_FILTERS }, state);
  await commands.batch("tc", hooks.lines);
  if (hooks.staysForeign) {
    await removeTables(commands, interfaceName, "ingress", state.ingress, drain.signal);
    await removeTables(commands, interfaceName, "egress", state.egress, drain.signal);
  }
  const { record } = state.alias;
  if (record !== undefined) {
    const needed = { tcpReceiveBufferBytes: undefined, tcpSendBufferBytes: undefined };
    await writeTcpBuffers(commands, await tcpBufferChanges(commands, needed, record));
  }
  await restoreInterface(commands, state);
}
