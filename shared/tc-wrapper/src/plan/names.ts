import { createHash } from "node:crypto";
import { LinkPlanError } from "../link-plan-error.js";

// By these numbers this package knows its own in the kernel: they are the same in every process and every version.

/** Major number of the HTB qdisc at the root of an interface and of its IFB device. */
export const HTB_MAJOR = 0x5a1b;
/** The class whose rate is that of the line; all others are below it. */
export const LINE_MINOR = 0x1;
/** The class of what no route is for. */
export const DEFAULT_MINOR = 0x10;
export const FIRST_ROUTE_MINOR = 0x11;
export const LAST_ROUTE_MINOR = 0xff;
/** A flow to the root itself goes around all classes (HTB's direct queue). */
export const DIRECT_MINOR = 0x0;

/** Major number of the netem qdisc that is the leaf of a class. */
export function netemMajor(minor: number): number {
  return 0x5b00 + minor;
}

/** `5a1b:10` */
export function classId(minor: number): string {
  return `${handle(HTB_MAJOR)}${minor.toString(16)}`;
}

/** `5a1b:` */
export function handle(major: number): string {
  return `${major.toString(16)}:`;
}

/**
 * Preferences (`pref`, the order in which filters are tried) are all from 23000 to 23999, one block per purpose. A prefix
 * that is longer comes earlier; whole addresses share a hash table. The two hooks of a clsact qdisc have none in common:
 * u32 shows filters of one preference at both.
 */
export const PREFERENCES = {
  /** Everything, while the queues are taken away. */
  all: 23000,
  neighbours: { source: 23010, destination: 23020 },
  blockedIpv4: { source: 23050, destination: 23250 },
  blockedIpv6: { source: 23100, destination: 23300 },
  arp: 23451,
  unshapedIpv4: 23460,
  unshapedIpv6: 23461,
  routesIpv4: 23500,
  routesIpv6: 23600,
  redirectIpv4: 23800,
  redirectIpv6: 23801,
} as const;

export function isOwnPreference(preference: number): boolean {
  return preference >= 23000 && preference <= 23999;
}

/**
 * u32 hash tables (below 0x800), one for the addresses of each family and side. The hooks of one clsact qdisc share the
 * numbers of their tables: one of them has tables of sources, the other of destinations.
 */
export const HASH_TABLES = {
  source: { 4: 0x5a4, 6: 0x5a6 },
  destination: { 4: 0x5b4, 6: 0x5b6 },
} as const;

const MAX_NAME_LENGTH = 15;
const IFB_PREFIX = "swl-";

/** The IFB device through which packets that an interface receives are redirected. Throws LinkPlanError. */
export function ifbNameOf(interfaceName: string): string {
  // The kernel allows more, but not every character can be written in a batch of commands.
  if (!/^[\w.@-]{1,15}$/.test(interfaceName) || interfaceName.startsWith("-")) {
    throw new LinkPlanError(
      "BAD_INTERFACE_NAME",
      `"${interfaceName.slice(0, 40)}" is no name of an interface that can be shaped`,
    );
  }
  const name = IFB_PREFIX + interfaceName;
  if (name.length <= MAX_NAME_LENGTH) return name;
  const digest = createHash("sha256").update(interfaceName).digest("hex");
  return IFB_PREFIX + digest.slice(0, MAX_NAME_LENGTH - IFB_PREFIX.length);
}
