import type { RequestHandler } from "express";

const readingMethods = new Set(["GET", "HEAD"]);
const ownSites = new Set(["same-origin", "none"]);

/**
 * Refuses requests that may change something and that a browser sends for a page of another origin (cross-site request
 * forgery). A browser says so with `Sec-Fetch-Site` (W3C Fetch Metadata) or `Origin` (RFC 6454); other clients send neither.
 */
export function refuseCrossSite(): RequestHandler {
  return (request, response, next) => {
    const { origin, host = "", "sec-fetch-site": site } = request.headers;
    const isOwnSite = site === undefined || ownSites.has(String(site));
    if (readingMethods.has(request.method) || (isOwnSite && isOriginAt(origin, host))) {
      next();
      return;
    }
    response.status(403).json({
      error: { code: "CROSS_SITE", message: "pages of another origin may not change anything here" },
    });
  };
}

/** Whether an Origin header names this Host; `null` and what is no URL do not. A missing one does not speak against it. */
function isOriginAt(origin: string | undefined, host: string): boolean {
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const { protocol, host: originHost } = new URL(origin);
  const own = `${protocol}//${host}`;
  return URL.canParse(own) && new URL(own).host === originHost;
}
