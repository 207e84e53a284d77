import { isIP } from "node:net";
import type { RequestHandler } from "express";

/**
 * Refuses requests whose Host header is a name that we do not go by. A web page can point a name of its own at
 * our address (DNS rebinding) and so reach this API with the reader's browser; it cannot do so with an IP literal.
 */
export function requireKnownHost(allowedNames: readonly string[]): RequestHandler {
  const names = new Set(["localhost", ...allowedNames.map((name) => name.toLowerCase())]);
  return (request, response, next) => {
    const host = hostName(request.headers.host ?? "");
    if (names.has(host) || isIP(host) !== 0) {
      next();
      return;
    }
    response.status(403).json({
      error: { code: "UNKNOWN_HOST", message: "this server does not go by the name in the Host header" },
    });
  };
}

/** The name in a Host header, without port and brackets, in lower case. */
function hostName(header: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(header);
  const name = bracketed?.[1] ?? header.replace(/:\d*$/, "");
  return name.toLowerCase();
}
