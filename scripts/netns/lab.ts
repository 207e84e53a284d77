import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Host } from "../process/host.js";
import { isIsolated } from "./isolate.js";

const run = promisify(execFile);

/** Hosts of a lab live in 10.77.0.0/16; the network ends at the bridge. */
const prefixLength = 16;
const rootAddress = "10.77.255.254";
const bridge = "swarm-bridge";
const frameBytes = 1514;
const kernelTicksPerSecond = 250;

export interface LabOptions {
  /** How many hosts (1 to 1000). */
  readonly members: number;
  /** Rate of every member's uplink; undefined leaves it as fast as the machine is. Downlinks are never limited. */
  readonly upBitsPerSecond?: number;
}

/** Hosts on one bridge, each in a network namespace of its own, and this process beside the bridge. */
export interface NetnsLab {
  /** Where this process is: not shaped. */
  readonly root: Host;
  readonly members: readonly Host[];
  /** Bytes, with all headers, that each member has sent so far. */
  sentBytes(): Promise<number[]>;
}

/** Builds the lab. This process must be isolated (see `runIsolated`), which is also what removes the lab. */
export async function createLab(options: LabOptions): Promise<NetnsLab> {
  if (!isIsolated()) throw new Error("a lab of network namespaces is only made inside of isolated ones");
  const root = { address: rootAddress, commandPrefix: [] };
  await ip("link", "add", bridge, "type", "bridge");
  await ip("address", "add", `${root.address}/${prefixLength}`, "dev", bridge);
  await ip("link", "set", bridge, "up");
  const members: Host[] = [];
  for (let index = 1; index <= options.members; index++) {
    members.push(await addMember(index, options.upBitsPerSecond));
  }
  return { root, members, sentBytes: () => readSentBytes(options.members) };
}

async function addMember(index: number, upBitsPerSecond: number | undefined): Promise<Host> {
  const namespace = `node${index}`;
  const port = `port${index}`;
  const inside = ["netns", "exec", namespace];
  await ip("netns", "add", namespace);
  await ip("link", "add", port, "type", "veth", "peer", "name", "swarm0", "netns", namespace);
  await ip("link", "set", port, "master", bridge, "up");
  await ip("-n", namespace, "address", "add", `${memberAddress(index)}/${prefixLength}`, "dev", "swarm0");
  await ip("-n", namespace, "link", "set", "lo", "up");
  await ip("-n", namespace, "link", "set", "swarm0", "up");
  if (upBitsPerSecond !== undefined) {
    // A 64 KiB super-packet counts as one packet and comes as one burst: the link would not be what it says.
    const offloads = ["tso", "off", "gso", "off", "gro", "off"];
    await ip(...inside, "ethtool", "-K", "swarm0", ...offloads);
    await run("ethtool", ["-K", port, ...offloads]);
    const burstBytes = Math.max(2 * frameBytes, Math.ceil(upBitsPerSecond / 8 / kernelTicksPerSecond));
    const qdisc = "qdisc add dev swarm0 root handle 1: htb default 1";
    const rate = `rate ${upBitsPerSecond}bit burst ${burstBytes} cburst ${burstBytes} quantum ${frameBytes}`;
    await ip(...inside, "tc", ...qdisc.split(" "));
    await ip(...inside, "tc", ...`class add dev swarm0 parent 1: classid 1:1 htb ${rate}`.split(" "));
  }
  return { address: memberAddress(index), commandPrefix: ["ip", "netns", "exec", namespace] };
}

/** What a member sends is what the bridge's end of its cable receives. */
async function readSentBytes(members: number): Promise<number[]> {
  const counters = await readFile("/proc/net/dev", "latin1");
  const received = new Map(
    Array.from(counters.matchAll(/(\S+):\s*(\d+)/g), (found) => [found[1], Number(found[2])]),
  );
  return Array.from({ length: members }, (_, index) => received.get(`port${index + 1}`) ?? 0);
}

/** Members are numbered from 1; no address ends in 0 or 255, which some clients distrust. */
function memberAddress(index: number): string {
  return `10.77.${Math.floor((index - 1) / 250)}.${((index - 1) % 250) + 1}`;
}

async function ip(...args: readonly string[]): Promise<string> {
  const { stdout } = await run("ip", args);
  return stdout;
}
