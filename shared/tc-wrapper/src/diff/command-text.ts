import type { LinkLoss } from "@swarmlab/scenario/link";
import { distributionMark } from "../plan/delay-table.js";
import type { FilterProtocol, FilterRule, FilterTable, FilterTarget } from "../plan/filter-rule.js";
import type { HtbClass } from "../plan/htb-class.js";
import type { LeafPlan } from "../plan/link-plan.js";
import { classId, DEFAULT_MINOR, HTB_MAJOR, handle, netemMajor } from "../plan/names.js";

// Lines for `tc -batch`.

/** Where filters are: below the root of a device, or at a hook of its clsact qdisc. */
export type Hook = "root" | "ingress" | "egress";

/**
 * Of no effect on the rate, but with any rate netem sends packets in the order in which they came, whatever their delays
 * (`netem_enqueue` then reckons from the last packet of the queue).
 */
const ORDER_KEEPING_RATE = "1tbit";

export function addRoot(device: string): string {
  return `qdisc add dev ${device} root handle ${handle(HTB_MAJOR)} htb default ${DEFAULT_MINOR.toString(16)}`;
}

export function deleteRoot(device: string): string {
  return `qdisc del dev ${device} root handle ${handle(HTB_MAJOR)}`;
}

export function classLine(verb: "add" | "change", device: string, planned: HtbClass): string {
  const parent = planned.parentMinor === undefined ? handle(HTB_MAJOR) : classId(planned.parentMinor);
  return (
    `class ${verb} dev ${device} parent ${parent} classid ${classId(planned.minor)} htb ` +
    `rate ${planned.rateBitsPerSecond}bit burst ${planned.burstBytes} ` +
    `ceil ${planned.ceilBitsPerSecond}bit cburst ${planned.ceilBurstBytes} quantum ${planned.quantumBytes}`
  );
}

export function deleteClass(device: string, minor: number): string {
  return `class del dev ${device} classid ${classId(minor)}`;
}

/** Says every value, zero too: netem keeps what is not mentioned, or forgets it, depending on what it is. */
export function leafLine(
  verb: "add" | "change" | "replace",
  device: string,
  { minor, netem }: LeafPlan,
): string {
  const { distribution } = netem;
  const jitter =
    distribution === undefined ? "" : ` ${decimal(netem.jitterMs)}ms distribution ${distribution}`;
  return (
    `qdisc ${verb} dev ${device} parent ${classId(minor)} handle ${handle(netemMajor(minor))} netem ` +
    `limit ${netem.limitPackets} delay ${decimal(netem.delayMs)}ms${jitter} loss ${lossText(netem.loss)} ` +
    `corrupt ${decimal(netem.corruptPercent)}% duplicate ${decimal(netem.duplicatePercent)}% ` +
    `reorder ${decimal(netem.reorderPercent)}% rate ${ORDER_KEEPING_RATE} ${distributionMark(distribution)}`
  );
}

export function addHooks(device: string): string {
  return `qdisc add dev ${device} clsact`;
}

export function deleteHooks(device: string): string {
  return `qdisc del dev ${device} clsact`;
}

/** The hash table, and the filter that looks every packet up in it. */
export function addTable(
  device: string,
  hook: Hook,
  { preference, protocol, table, offset }: FilterTable,
): { readonly table: string; readonly link: string } {
  const filter = filterStart("add", device, hook, preference, protocol);
  const number = handle(table);
  return {
    table: `${filter} handle ${number} u32 divisor 256`,
    link: `${filter} u32 match ${word(0, 0, 0)} hashkey mask ${hexWord(0xff)} at ${offset} link ${number}`,
  };
}

export function addRule(device: string, hook: Hook, rule: FilterRule): string {
  const { preference, protocol, bucket, matches, target } = rule;
  const place = bucket === undefined ? "" : ` ht ${handle(bucket.table)}${bucket.bucket.toString(16)}:`;
  const words = matches.map(({ offset, value, mask }) => `match ${word(value, mask, offset)}`).join(" ");
  const start = filterStart("add", device, hook, preference, protocol);
  return `${start} u32${place} ${words} ${targetText(target)}`;
}

export function deleteRule(
  device: string,
  hook: Hook,
  preference: number,
  protocol: FilterProtocol,
  ruleHandle: string,
): string {
  return `${filterStart("del", device, hook, preference, protocol)} handle ${ruleHandle} u32`;
}

/**
 * What leads to it must be deleted before, and the rules in it; the kernel refuses ("in-use") until it has let go of them.
 * To delete only its preference would leave it behind.
 */
export function deleteTable(
  device: string,
  hook: Hook,
  { preference, protocol, table }: Omit<FilterTable, "offset">,
): string {
  return `${filterStart("del", device, hook, preference, protocol)} handle ${handle(table)} u32`;
}

/** All rules with this preference. */
export function deletePreference(
  device: string,
  hook: Hook,
  preference: number,
  protocol: FilterProtocol,
): string {
  return filterStart("del", device, hook, preference, protocol);
}

function filterStart(
  verb: "add" | "del",
  device: string,
  hook: Hook,
  preference: number,
  protocol: FilterProtocol,
): string {
  const place = hook === "root" ? `parent ${handle(HTB_MAJOR)}` : hook;
  return `filter ${verb} dev ${device} ${place} protocol ${protocol} pref ${preference}`;
}

function targetText(target: FilterTarget): string {
  switch (target.kind) {
    case "class":
      return `flowid ${classId(target.minor)}`;
    case "redirect":
      return `action mirred egress redirect dev ${target.interfaceName}`;
    default:
      return `action ${target.kind}`;
  }
}

function lossText(loss: LinkLoss | undefined): string {
  if (loss === undefined) return "0%";
  if (loss.model === "random") return `${decimal(loss.percent)}%`;
  const parameters = [loss.toBadPercent, loss.toGoodPercent, loss.badLossPercent, loss.goodLossPercent];
  return `gemodel ${parameters.map((percent) => `${decimal(percent)}%`).join(" ")}`;
}

function word(value: number, mask: number, offset: number): string {
  return `u32 ${hexWord(value)} ${hexWord(mask)} at ${offset}`;
}

function hexWord(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

/** Without an exponent, which not everything in tc reads. */
function decimal(value: number): string {
  const text = String(value);
  return text.includes("e") ? value.toFixed(12) : text;
}
