import type { Link } from "@swarmlab/scenario/link";

/** More delay on the way to some destinations: a node's way to another region. */
export interface Route {
  /** One way, on top of the link's own delay, for what leaves the interface. */
  readonly delayMs: number;
  /** IPv4 and IPv6 addresses or prefixes; where routes overlap, the longest prefix counts. */
  readonly destinations: readonly string[];
}

/** What an interface is to be: the declared link, and where it leads. */
export interface InterfaceLink {
  readonly interfaceName: string;
  readonly link: Link;
  readonly routes: readonly Route[];
  /** IPv4 and IPv6 addresses or prefixes that nothing is sent to and nothing comes from. */
  readonly blockedAddresses: readonly string[];
  /**
   * TCP and UDP ports; what is sent from or to one of them, in either direction, does not pass the link. For nodes whose
   * only network also carries control traffic.
   */
  readonly unshapedPorts: readonly number[];
}
