import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { formatSocketAddress } from "@swarmlab/settings/addresses";

/**
 * The origins of all agents that a URL stands for: one for each address of its host name, in the name server's order. A
 * certificate is for the name, so an `https:` URL stands for itself alone. Rejects when the name has no address.
 */
export async function agentOrigins(
  url: string,
  resolve: (name: string) => Promise<readonly string[]> = systemAddresses,
): Promise<string[]> {
  const { protocol, hostname, port, pathname } = new URL(url);
  if (protocol !== "http:" || isIP(hostname.replace(/^\[|\]$/g, "")) !== 0) return [url];
  const addresses = await resolve(hostname);
  const [, ...others] = addresses;
  if (others.length === 0) return [url];
  const path = pathname.replace(/\/$/, "");
  return addresses.map(
    (host) => `http://${formatSocketAddress({ host, port: port === "" ? 80 : Number(port) })}${path}`,
  );
}

async function systemAddresses(name: string): Promise<string[]> {
  const found = await lookup(name, { all: true });
  return [...new Set(found.map(({ address }) => address))];
}
