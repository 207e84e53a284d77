import { setTimeout as delay } from "node:timers/promises";
import { addRule, deleteClass, deletePreference, deleteRoot } from "../diff/command-text.js";
import { queueLines } from "../diff/tree-changes.js";
import { BYPASS_RULE } from "../plan/filters.js";
import { planOpenTree } from "../plan/link-plan.js";
import { ifbNameOf, LINE_MINOR, PREFERENCES } from "../plan/names.js";
import { type LinkState, ownTree, type TreeState } from "../state/link-state.js";
import type { KernelCommands } from "./kernel-commands.js";
import { readStatistics } from "./read-link-state.js";

// To delete a qdisc is to drop what waits in it. So nothing is deleted before it is empty, if that comes to pass in time.

const POLL_MS = 10;

/** How long what is queued may take to leave. */
export interface DrainOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Takes the queues of an interface away, and its IFB device. First they hold nothing back any more, then what was in them
 * leaves, then everything goes around them. What has not left when the time is over is lost.
 */
export async function removeQueues(
  commands: KernelCommands,
  state: LinkState,
  options: DrainOptions,
): Promise<void> {
  const { name, mtuBytes } = state.interface;
  const ifbName = ifbNameOf(name);
  const up = ownTree(state.root);
  const down = state.ifb && ownTree(state.ifb.root);
  const devices = [...(up ? [name] : []), ...(down ? [ifbName] : [])];
  await commands.batch("tc", [
    ...(up ? openLines(name, up, mtuBytes) : []),
    ...(down ? openLines(ifbName, down, mtuBytes) : []),
  ]);
  await drain(commands, devices, options);
  const bypass = up && !up.filters.rules.some(({ preference }) => preference === PREFERENCES.all);
  await commands.batch("tc", [
    ...(bypass ? [addRule(name, "root", BYPASS_RULE)] : []),
    ...redirectDeletions(state),
  ]);
  await drain(commands, devices, options);
  if (up) await commands.batch("tc", [deleteRoot(name)]);
  if (state.ifb) await commands.batch("ip", [`link del dev ${ifbName}`]);
}

/** Deletes classes that nothing leads to any more, once they are empty; gives how many are not, in time. */
export async function removeClasses(
  commands: KernelCommands,
  device: string,
  minors: readonly number[],
  { timeoutMs, signal }: DrainOptions,
): Promise<number> {
  let left = minors;
  const deadlineMs = performance.now() + timeoutMs;
  while (left.length > 0) {
    const [statistics] = await readStatistics(commands, [device]);
    const isEmpty = (minor: number): boolean => (statistics?.leaves.get(minor)?.backlogPackets ?? 0) === 0;
    await commands.batch(
      "tc",
      left.filter(isEmpty).map((minor) => deleteClass(device, minor)),
    );
    left = left.filter((minor) => !isEmpty(minor));
    if (left.length === 0 || performance.now() > deadlineMs) break;
    await delay(POLL_MS, undefined, signal && { signal });
  }
  return left.length;
}

function openLines(device: string, tree: TreeState, mtuBytes: number): string[] {
  const minors = [...tree.leaves.keys()].filter((minor) => minor !== LINE_MINOR);
  return queueLines(device, planOpenTree(minors, mtuBytes), tree);
}

function redirectDeletions(state: LinkState): string[] {
  const redirects = new Map(
    state.ingress.rules
      .filter(({ rule }) => rule?.target.kind === "redirect")
      .map(({ preference, protocol }) => [preference, protocol]),
  );
  return Array.from(redirects, ([preference, protocol]) =>
    deletePreference(state.interface.name, "ingress", preference, protocol),
  );
}

async function drain(
  commands: KernelCommands,
  devices: readonly string[],
  { timeoutMs, signal }: DrainOptions,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (devices.length > 0 && performance.now() < deadlineMs) {
    const statistics = await readStatistics(commands, devices);
    if (statistics.every(({ total }) => total.backlogPackets === 0)) return;
    await delay(POLL_MS, undefined, signal && { signal });
  }
}
