import { isIPv4 } from "node:net";

/** An IP address as Docker writes it: IPv4 that arrived on a socket for both families without its `::ffff:`. */
export function plainAddress(address: string): string {
  const lower = address.toLowerCase();
  const mapped = lower.startsWith("::ffff:") ? lower.slice("::ffff:".length) : "";
  return isIPv4(mapped) ? mapped : lower;
}
