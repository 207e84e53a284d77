import type { SocketAddress } from "../ports/network.js";

/** The address without the IPv4-mapped form (`::ffff:192.0.2.1`) that a dual-stack socket gives to IPv4 hosts. */
export function withoutIpv4Mapping(host: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host);
  return mapped?.[1] ?? host;
}

/** Opens a socket on `address`; where the system has no IPv6 at all, `::` means every IPv4 address. */
export async function openWithIpv4Fallback<T>(
  address: SocketAddress,
  open: (address: SocketAddress) => Promise<T>,
): Promise<T> {
  try {
    return await open(address);
  } catch (error) {
    const isWithoutIpv6 = error instanceof Error && "code" in error && error.code === "EAFNOSUPPORT";
    if (!isWithoutIpv6 || address.host !== "::") throw error;
    return open({ host: "0.0.0.0", port: address.port });
  }
}
