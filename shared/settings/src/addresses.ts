import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";

/** An IP literal (IPv6 without brackets), or where it says so a host name or a subnet, and a port from 0 to 65535. */
export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:6881`, `[::1]:0`, or `:6881` for all addresses of both families (host `::`). */
export function socketAddress() {
  const expected = "an address such as 127.0.0.1:6881, [::1]:6881 or :6881";
  return address("ADDR:PORT", expected, () => false);
}

/**
 * Where to listen: like `socketAddress`, or with a host name or a subnet (`10.0.7.0/24:6881`, `[fd00:7::/64]:6881`), which
 * stands for an address of this machine.
 */
export function listenAddress() {
  const expected =
    "an address such as 127.0.0.1:6881, [::1]:6881, :6881, name.example:6881 or the subnet 10.0.7.0/24:6881";
  return address("HOST:PORT", expected, (host) => isHostName(host) || isSubnet(host));
}

/** An absolute URL with one of the given schemes (`"http:"`, `"udp:"`), in its normal form. */
export function url(schemes: readonly string[]) {
  return z
    .string()
    .transform((text, context) => {
      const parsed = URL.canParse(text) ? new URL(text) : undefined;
      if (parsed !== undefined && parsed.host !== "" && schemes.includes(parsed.protocol)) return parsed.href;
      const expected = `expected a URL that begins with ${schemes.map((scheme) => `${scheme}//`).join(" or ")}`;
      context.addIssue({ code: "custom", message: `${expected}, not "${text}"` });
      return z.NEVER;
    })
    .meta({ placeholder: "URL" });
}

/** The address as it is written in URLs and log lines: IPv6 in brackets. */
export function formatSocketAddress({ host, port }: SocketAddress): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** In CIDR notation (RFC 4632, RFC 4291). */
function isSubnet(text: string): boolean {
  const [, network = "", digits = ""] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  return (isIPv4(network) && Number(digits) <= 32) || (isIPv6(network) && Number(digits) <= 128);
}

function address(placeholder: string, expected: string, isName: (host: string) => boolean) {
  return z
    .string()
    .transform((text, context) => {
      const parsed = parseSocketAddress(text.trim(), isName);
      if (parsed !== undefined) return parsed;
      context.addIssue({ code: "custom", message: `expected ${expected}, not "${text}"` });
      return z.NEVER;
    })
    .meta({ placeholder });
}

function parseSocketAddress(text: string, isName: (host: string) => boolean): SocketAddress | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const [, bracketed, bare, digits] = match;
  const port = Number(digits);
  if (port > 65535) return undefined;
  if (bracketed !== undefined) {
    const isHost = isIPv6(bracketed) || (bracketed.includes(":") && isName(bracketed));
    return isHost ? { host: bracketed, port } : undefined;
  }
  if (bare === "") return { host: "::", port };
  return bare !== undefined && (isIPv4(bare) || isName(bare)) ? { host: bare, port } : undefined;
}

/** Labels as in RFC 1123, with the underscore that Docker allows. What ends in a number is a mistyped IPv4 address. */
function isHostName(host: string): boolean {
  const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;
  const labels = host.split(".");
  const last = labels.at(-1) ?? "";
  return (
    host.length <= 253 && labels.every((each) => label.test(each)) && !/^(?:\d+|0x[\da-f]*)$/i.test(last)
  );
}
