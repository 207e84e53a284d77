import { parseIpPrefix, prefixKey } from "./addresses/ip-prefix.js";
import type { CommandRunner } from "./command-runner.js";
import { LinkControlError } from "./link-control-error.js";
import { parseAddresses } from "./state/interfaces.js";

/**
 * The name of the interface that has an IPv4 or IPv6 address. Rejects with LinkControlError `NO_SUCH_ADDRESS`,
 * LinkPlanError `BAD_ADDRESS` and CommandError.
 */
export async function interfaceOfAddress(
  commands: CommandRunner,
  address: string,
  signal?: AbortSignal,
): Promise<string> {
  const wanted = prefixKey(parseIpPrefix(address));
  const output = await commands.run("ip", ["-j", "address", "show"], signal && { signal });
  // A link-local address may come with its zone.
  const isWanted = (text: string): boolean => prefixKey(parseIpPrefix(text.split("%")[0] ?? "")) === wanted;
  const found = parseAddresses(output).find(({ addresses }) => addresses.some(isWanted));
  if (found) return found.name;
  throw new LinkControlError("NO_SUCH_ADDRESS", `no interface has the address ${address}`);
}
