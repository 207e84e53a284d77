import { LinkControlError } from "../link-control-error.js";
import { HTB_MAJOR, handle, ifbNameOf } from "../plan/names.js";
import { parseClasses } from "../state/classes.js";
import { NO_SHOWN_FILTERS, parseFilters } from "../state/filters.js";
import { parseAlias } from "../state/interface-record.js";
import { type NetworkInterface, parseInterfaces } from "../state/interfaces.js";
import {
  type LinkState,
  type RootState,
  rootState,
  type TreeStatistics,
  treeStatistics,
} from "../state/link-state.js";
import { parseQdiscs, type Qdisc } from "../state/qdiscs.js";
import { TcOutputError } from "../state/tc-output-error.js";
import type { KernelCommands } from "./kernel-commands.js";

/** An interface and the IFB device by our name for it, as far as they are there. */
export interface LinkDevices {
  readonly interface: NetworkInterface | undefined;
  readonly ifb: NetworkInterface | undefined;
}

export async function readDevices(commands: KernelCommands, interfaceName: string): Promise<LinkDevices> {
  const ifbName = ifbNameOf(interfaceName);
  const interfaces = parseInterfaces(await commands.read("ip", ["-d", "-j", "link", "show"]));
  return {
    interface: interfaces.find(({ name }) => name === interfaceName),
    ifb: interfaces.find(({ name }) => name === ifbName),
  };
}

/** Reads all that is in the kernel about the link of an interface. Rejects with LinkControlError and CommandError. */
export async function readLinkState(commands: KernelCommands, interfaceName: string): Promise<LinkState> {
  const { interface: networkInterface, ifb } = await readDevices(commands, interfaceName);
  if (networkInterface === undefined) {
    throw new LinkControlError("NO_SUCH_INTERFACE", `there is no interface ${interfaceName}`);
  }
  if (ifb !== undefined && ifb.kind !== "ifb") {
    throw new LinkControlError(
      "FOREIGN_QDISC",
      `${ifb.name} is no IFB device, and in the way of ours of that name`,
    );
  }
  const rootFilters = `parent ${handle(HTB_MAJOR)}`;
  const answers = await askTc(commands, [
    `qdisc show dev ${interfaceName}`,
    `filter show dev ${interfaceName} ${rootFilters}`,
    `filter show dev ${interfaceName} ingress`,
    `filter show dev ${interfaceName} egress`,
    ...(ifb === undefined
      ? []
      : [`qdisc show dev ${ifb.name}`, `filter show dev ${ifb.name} ${rootFilters}`]),
  ]);
  const [upQdiscs = "", upFilters = "", ingress = "", egress = "", downQdiscs = "", downFilters = ""] =
    answers;
  const qdiscs = parseQdiscs(upQdiscs);
  const [root, ifbRoot] = await Promise.all([
    readRoot(commands, interfaceName, qdiscs, upFilters),
    ifb && readRoot(commands, ifb.name, parseQdiscs(downQdiscs), downFilters),
  ]);
  return {
    interface: networkInterface,
    alias: parseAlias(networkInterface.alias),
    root,
    hooksQdisc: qdiscs.find(({ kind }) => kind === "clsact" || kind === "ingress"),
    ingress: parseFilters(ingress),
    egress: parseFilters(egress),
    ifb: ifb && ifbRoot && { isUp: ifb.isUp, root: ifbRoot },
  };
}

/** What the queues of a device have done and hold, one answer a device. */
export async function readStatistics(
  commands: KernelCommands,
  devices: readonly string[],
): Promise<TreeStatistics[]> {
  const answers = await askTc(
    commands,
    devices.map((device) => `qdisc show dev ${device}`),
  );
  return answers.map((answer) => treeStatistics(rootState(parseQdiscs(answer), [], NO_SHOWN_FILTERS)));
}

async function readRoot(
  commands: KernelCommands,
  device: string,
  qdiscs: readonly Qdisc[],
  filters: string,
): Promise<RootState> {
  const withoutClasses = rootState(qdiscs, [], NO_SHOWN_FILTERS);
  if (withoutClasses.kind !== "own") return withoutClasses;
  const classes = await commands.read("tc", ["-d", "-r", "class", "show", "dev", device]);
  return rootState(qdiscs, parseClasses(classes), parseFilters(filters));
}

/** Many questions in one process: one answer a line. */
async function askTc(commands: KernelCommands, questions: readonly string[]): Promise<string[]> {
  const output = await commands.read("tc", ["-s", "-j", "-batch", "-"], `${questions.join("\n")}\n`);
  const answers = output.split("\n").filter((line) => line.trim() !== "");
  if (answers.length === questions.length) return answers;
  throw new TcOutputError("tc", output, `${answers.length} answers to ${questions.length} questions`);
}
