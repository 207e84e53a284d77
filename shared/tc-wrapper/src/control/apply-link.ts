import { hookChanges } from "../diff/hook-changes.js";
import { countLongQueues } from "../diff/leaf-for-now.js";
import { treeChanges } from "../diff/tree-changes.js";
import type { InterfaceLink } from "../interface-link.js";
import { LinkControlError } from "../link-control-error.js";
import { type LinkPlan, planLink } from "../plan/link-plan.js";
import { formatAlias, type InterfaceRecord } from "../state/interface-record.js";
import { type LinkState, ownTree, routeQueues } from "../state/link-state.js";
import { addIfb, sendPacketsSingly, writeAlias } from "./interface-preparation.js";
import type { KernelCommands } from "./kernel-commands.js";
import { type DrainOptions, removeClasses, removeQueues } from "./queue-removal.js";
import { readLinkState } from "./read-link-state.js";
import { type TcpBufferState, tcpBufferChanges, writeTcpBuffers } from "./tcp-buffers.js";

/** What has become of a link. */
export interface ApplyResult {
  /** How many commands have changed something; 0 where everything was as desired already. */
  readonly changedCommands: number;
  /** Queues that nothing leads to any more but that are not empty yet. */
  readonly undrainedQueues: number;
  /** Queues that may hold more than is planned, for what waits in them: a later `apply` takes them back. */
  readonly longQueues: number;
  /** There were queues before, which may have counted what was sent long ago. */
  readonly hadQueues: boolean;
  readonly tcpBuffers: TcpBufferState;
}

/** Makes an interface what is desired, in place, without dropping what is queued. */
export async function applyLink(
  commands: KernelCommands,
  desired: InterfaceLink,
  drain: DrainOptions,
): Promise<ApplyResult> {
  let state = await readLinkState(commands, desired.interfaceName);
  const shown = ownTree(state.root);
  const hadQueues = shown !== undefined;
  const plan = planLink(desired, shown ? routeQueues(shown) : [], state.interface.mtuBytes);
  assertNothingForeign(plan, state);
  const record = await sendPacketsSingly(commands, state);
  state = { ...state, alias: { ...state.alias, record } };
  if (plan.queues === undefined && (state.ifb !== undefined || shown !== undefined)) {
    await removeQueues(commands, state, drain);
    state = await readLinkState(commands, desired.interfaceName);
  }
  const retiredMinors = plan.queues && shown ? retiredClasses(plan, shown.classes) : [];
  if (desired.link.duplicatePercent > 0 && retiredMinors.length > 0) {
    // Where the kernel lets a queue duplicate only if it is alone, the others have to go first.
    const link = { ...desired.link, duplicatePercent: 0 };
    const result = await applyLink(commands, { ...desired, link }, drain);
    if (result.undrainedQueues > 0) return result;
    return { ...(await applyLink(commands, desired, drain)), hadQueues };
  }
  const buffers = await tcpBufferChanges(commands, plan, record);
  const longQueues = await changeQueues(commands, plan, state, buffers.record);
  const tcpBuffers = await writeTcpBuffers(commands, buffers);
  const undrainedQueues = await removeClasses(commands, plan.interfaceName, retiredMinors, drain);
  return { changedCommands: commands.changes, undrainedQueues, longQueues, hadQueues, tcpBuffers };
}

/** Says how many queues keep more room than is planned. */
async function changeQueues(
  commands: KernelCommands,
  { interfaceName, ifbName, queues, ...hooksPlan }: LinkPlan,
  state: LinkState,
  record: InterfaceRecord,
): Promise<number> {
  if (queues !== undefined && !state.ifb?.isUp) await addIfb(commands, ifbName, state);
  const tree = ownTree(state.root);
  const ifbTree = state.ifb && ownTree(state.ifb.root);
  const lines = queues && [
    ...treeChanges(interfaceName, queues.up, tree),
    ...treeChanges(ifbName, queues.down, ifbTree),
  ];
  const hooks = hookChanges(interfaceName, hooksPlan, state);
  // Who comes after a crash must know what is ours: it is written down before it is there, and until it is gone.
  const ownedBefore = state.alias.record?.addedClsact === true;
  const during = { ...state.alias, record: { ...record, addedClsact: ownedBefore || hooks.ownsClsact } };
  const after = { ...state.alias, record: { ...record, addedClsact: hooks.ownsClsact } };
  if (formatAlias(during) !== formatAlias(state.alias)) await writeAlias(commands, interfaceName, during);
  await commands.batch("tc", [...(lines ?? []), ...hooks.lines]);
  if (formatAlias(after) !== formatAlias(during)) await writeAlias(commands, interfaceName, after);
  return queues === undefined ? 0 : countLongQueues(queues.up, tree) + countLongQueues(queues.down, ifbTree);
}

function retiredClasses({ queues }: LinkPlan, shown: ReadonlyMap<number, unknown>): number[] {
  const planned = new Set(queues?.up.classes.map(({ minor }) => minor));
  return [...shown.keys()].filter((minor) => !planned.has(minor));
}

function assertNothingForeign(plan: LinkPlan, { root, hooksQdisc, ifb }: LinkState): void {
  const { interfaceName, ifbName } = plan;
  if (plan.queues !== undefined && root.kind === "foreign") {
    throw inTheWay(interfaceName, root.qdisc.kind, "at its root", `tc qdisc del dev ${interfaceName} root`);
  }
  if (plan.queues !== undefined && ifb?.root.kind === "foreign") {
    throw inTheWay(ifbName, ifb.root.qdisc.kind, "at its root", `tc qdisc del dev ${ifbName} root`);
  }
  const needsHooks = plan.ingress.rules.length + plan.egress.rules.length > 0;
  if (needsHooks && hooksQdisc?.kind === "ingress") {
    const command = `tc qdisc del dev ${interfaceName} ingress`;
    throw inTheWay(interfaceName, "ingress", "where clsact has to be", command);
  }
}

function inTheWay(device: string, kind: string, where: string, command: string): LinkControlError {
  return new LinkControlError(
    "FOREIGN_QDISC",
    `${device} has a qdisc of somebody else's (${kind}) ${where}; it is left alone, and the link cannot be made. ` +
      `If nobody needs it: ${command}`,
  );
}
