import { BlockList, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";

/** One of this process's own addresses. */
export interface OwnAddress {
  readonly address: string;
  readonly interfaceName: string;
}

/** The agent's own place on the swarm's network, from which it measures; IPv4 if it can. Undefined when it has none. */
export function ownAddressIn(
  subnets: readonly string[],
  interfaces = networkInterfaces(),
): OwnAddress | undefined {
  const inSubnets = new BlockList();
  for (const subnet of subnets) {
    const [network = "", prefix] = subnet.split("/");
    inSubnets.addSubnet(network, Number(prefix), isIPv4(network) ? "ipv4" : "ipv6");
  }
  const own = Object.entries(interfaces).flatMap(([interfaceName, addresses = []]) =>
    addresses
      .filter(({ address, family }) => inSubnets.check(address, family === "IPv4" ? "ipv4" : "ipv6"))
      .map(({ address }) => ({ address, interfaceName })),
  );
  return own.find(({ address }) => isIPv4(address)) ?? own[0];
}
