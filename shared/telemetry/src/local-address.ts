import { lookup } from "node:dns/promises";
import { BlockList, isIP, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { ListenError } from "./http-server.js";
import type { Logger } from "./logger.js";
import { orAborted } from "./or-aborted.js";

export interface LocalAddressOptions {
  /** Is told once that there is nothing to listen on yet. */
  readonly logger: Logger;
  /** Gives up with the signal's reason. */
  readonly signal: AbortSignal;
  /** How long to try again: a container's own name may come a moment after its process. Default 10 s. */
  readonly timeoutMs?: number;
  /** All addresses of a name, as literals; by default those that the system knows. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const RETRY_MS = 250;

/**
 * Where to listen when a host name was given: that of its addresses which this machine has, for a name may stand for
 * many replicas. Where it has several, IPv4 comes first. Of a subnet it is the machine's address in there: nobody needs to
 * know its name yet. An IP literal is given back as it is.
 * Rejects with ListenError `UNKNOWN_NAME` (the name has no address) or `NOT_AVAILABLE` (none of them is ours).
 */
export async function localAddress(
  { host, port }: { readonly host: string; readonly port: number },
  options: LocalAddressOptions,
): Promise<{ host: string; port: number }> {
  if (isIP(host) !== 0) return { host, port };
  const { logger, signal, timeoutMs = DEFAULT_TIMEOUT_MS, resolve = systemAddresses } = options;
  const deadlineMs = performance.now() + timeoutMs;
  for (let attempt = 1; ; attempt++) {
    const addresses = host.includes("/")
      ? ownAddressesIn(host)
      : await orAborted(resolve(host).catch(asError), signal);
    let problem: ListenError;
    if (addresses instanceof Error) {
      const reason = `the name ${host} has no address (${addresses.message})`;
      problem = new ListenError("UNKNOWN_NAME", `cannot listen on ${host}:${port}: ${reason}`, {
        cause: addresses,
      });
    } else {
      const own = addresses.filter(isOwn);
      const first = own.find(isIPv4) ?? own[0];
      if (first !== undefined) return { host: first, port };
      const reason = host.includes("/")
        ? `this host has no address in the subnet ${host}`
        : `the name ${host} stands for ${addresses.join(", ")}, none of which this host has`;
      const ours = ownAddresses().join(", ");
      problem = new ListenError(
        "NOT_AVAILABLE",
        `cannot listen on ${host}:${port}: ${reason} (it has ${ours})`,
      );
    }
    if (performance.now() >= deadlineMs) throw problem;
    if (attempt === 1) logger.info({ reason: problem.message }, "waiting for an address to listen on");
    await orAborted(sleep(RETRY_MS), signal);
  }
}

/** The names among what a program was told to listen on: it goes by them. */
export function hostNames(addresses: readonly ({ readonly host: string } | undefined)[]): string[] {
  return addresses.flatMap((address) =>
    address === undefined || isIP(address.host) !== 0 || address.host.includes("/") ? [] : [address.host],
  );
}

async function systemAddresses(name: string): Promise<string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

function isOwn(address: string): boolean {
  // All of 127.0.0.0/8 is this machine's, though its interface names one address of it (RFC 1122, 3.2.1.3).
  return address.startsWith("127.") || ownAddresses().includes(address);
}

function ownAddressesIn(subnet: string): string[] {
  const [network = "", prefix] = subnet.split("/");
  const wanted = new BlockList();
  wanted.addSubnet(network, Number(prefix), isIPv4(network) ? "ipv4" : "ipv6");
  return ownAddresses().filter((address) => wanted.check(address, isIPv4(address) ? "ipv4" : "ipv6"));
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}
