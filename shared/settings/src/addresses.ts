import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";

/** An IP literal (IPv6 without brackets) and a port from 0 to 65535. */
export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:6881`, `[::1]:0`, or `:6881` for all addresses of both families (host `::`). */
export function socketAddress() {
  return z
    .string()
    .transform((text, context) => {
      const address = parseSocketAddress(text.trim());
      if (address !== undefined) return address;
      const expected = "expected an address such as 127.0.0.1:6881, [::1]:6881 or :6881";
      context.addIssue({ code: "custom", message: `${expected}, not "${text}"` });
      return z.NEVER;
    })
    .meta({ placeholder: "ADDR:PORT" });
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

function parseSocketAddress(text: string): SocketAddress | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const [, bracketed, bare, digits] = match;
  const port = Number(digits);
  if (port > 65535) return undefined;
  if (bracketed !== undefined) return isIPv6(bracketed) ? { host: bracketed, port } : undefined;
  if (bare === "") return { host: "::", port };
  return bare !== undefined && isIPv4(bare) ? { host: bare, port } : undefined;
}
