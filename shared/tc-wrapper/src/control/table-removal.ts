import { setTimeout as delay } from "node:timers/promises";
import { deletePreference, deleteRule, deleteTable, type Hook } from "../diff/command-text.js";
import { LinkControlError } from "../link-control-error.js";
import type { ShownFilters } from "../state/filters.js";
import type { KernelCommands } from "./kernel-commands.js";

const RETRY_MS = 10;
const PATIENCE_MS = 5000;

/** Deletes empty hash tables at the hook of a qdisc that stays, because it is not ours. */
export async function removeTables(
  commands: KernelCommands,
  device: string,
  hook: Hook,
  { rules, tables }: ShownFilters,
  signal: AbortSignal | undefined,
): Promise<void> {
  const links = rules.filter(({ link }) => link !== undefined);
  await commands.batch(
    "tc",
    links.map(({ preference, protocol, handle }) => deleteRule(device, hook, preference, protocol, handle)),
  );
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (const table of tables) {
    const lines = [
      deleteTable(device, hook, table),
      deletePreference(device, hook, table.preference, table.protocol),
    ];
    for (const line of lines) {
      while (!(await isDeleted(commands, line, deadlineMs))) {
        await delay(RETRY_MS, undefined, signal && { signal });
      }
    }
  }
}

/** False where the kernel has not let go of it yet. With the last filter it deletes more than it was asked for. */
async function isDeleted(commands: KernelCommands, line: string, deadlineMs: number): Promise<boolean> {
  try {
    await commands.batch("tc", [line]);
    return true;
  } catch (error) {
    if (!(error instanceof LinkControlError)) throw error;
    if (/not found|Cannot find|No such file/.test(error.message)) return true;
    if (!/in-use|busy/.test(error.message) || performance.now() > deadlineMs) throw error;
    return false;
  }
}
