import type { Server as HttpServer } from "node:http";
import { type AddressInfo, isIPv6, type Server } from "node:net";

/** Why a server could not listen; the message names the address. */
export class ListenError extends Error {
  override readonly name = "ListenError";

  constructor(
    readonly code: "IN_USE" | "NOT_AVAILABLE" | "NOT_ALLOWED" | "UNKNOWN_NAME" | "FAILED",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const reasons: Readonly<Record<string, readonly [ListenError["code"], string]>> = {
  EADDRINUSE: ["IN_USE", "another program uses it"],
  EADDRNOTAVAIL: ["NOT_AVAILABLE", "this host does not have that address"],
  EACCES: ["NOT_ALLOWED", "the system does not allow it"],
};

/** What the system's error means for a server that wanted to listen on `host` and `port`. */
export function listenError(error: unknown, host: string, port: number): ListenError {
  const systemCode = error instanceof Error && "code" in error ? String(error.code) : String(error);
  const [code, reason] = reasons[systemCode] ?? ["FAILED", systemCode];
  return new ListenError(code, `cannot listen on ${authority(host, port)}: ${reason}`, { cause: error });
}

/**
 * Listens on an IP literal and a port (0 picks one). `::` takes both families, or IPv4 alone on a host without IPv6.
 * Rejects with a {@link ListenError}.
 */
export async function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  try {
    return await listenOnce(server, host, port);
  } catch (error) {
    if (host === "::" && isWithoutIpv6(error)) return listen(server, "0.0.0.0", port);
    throw listenError(error, host, port);
  }
}

/** Whether the system's error, from listening on `::`, says that it has no IPv6. */
export function isWithoutIpv6(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL";
}

function listenOnce(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      const address = server.address();
      if (typeof address === "object" && address !== null) resolve(address);
    });
  });
}

/** Stops accepting, lets requests in progress finish for `graceMs`, then cuts what is left. */
export function closeServer(server: HttpServer, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Where a local client reaches a server that listens on `host`: loopback when that means all addresses. */
export function httpUrl(host: string, port: number): string {
  const reachable = host === "::" || host === "0.0.0.0" ? "127.0.0.1" : host;
  return `http://${authority(reachable, port)}`;
}

function authority(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
