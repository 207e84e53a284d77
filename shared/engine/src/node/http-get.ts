import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import axios, { AxiosError, type AxiosRequestConfig } from "axios";
import type { HttpGetOptions, HttpResponse } from "../ports/network.js";
import { ByteStreamDuplex } from "./byte-stream-duplex.js";
import { HttpGetError } from "./http-get-error.js";

const DEFAULT_MAX_REDIRECTS = 3;

/**
 * One HTTP GET through axios. URLs come from torrents and redirects from strangers, so anything but http and https is
 * refused, and a proxy of the environment is not used. The time-out is for the whole exchange: a server cannot stretch
 * it by sending slowly. Rejects with HttpGetError, or with the reason of `signal`.
 */
export async function httpGet(
  url: string,
  options: HttpGetOptions,
  resolve: (hostName: string, signal: AbortSignal) => Promise<string[]>,
): Promise<HttpResponse> {
  requireHttp(url);
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([options.signal, timeout]);
  const { connect } = options;
  const config: AxiosRequestConfig = {
    responseType: "arraybuffer",
    signal,
    proxy: false,
    maxContentLength: options.maxBodyBytes,
    maxRedirects: options.maxRedirects ?? DEFAULT_MAX_REDIRECTS,
    beforeRedirect: (target: { href?: string }) => requireHttp(target.href ?? ""),
    validateStatus: () => true,
    headers: { ...options.headers },
    ...agents(
      connect &&
        ((hostName, port) => {
          const findAddresses = async () => (await resolve(hostName, signal)).map((host) => ({ host, port }));
          return new ByteStreamDuplex(findAddresses, connect, signal);
        }),
    ),
  };
  try {
    const response = await axios.get<Buffer>(url, config);
    return { status: response.status, body: response.data };
  } catch (error) {
    options.signal.throwIfAborted();
    if (timeout.aborted) {
      throw new HttpGetError("TIMEOUT", `no response within ${options.timeoutMs} ms`, { cause: error });
    }
    throw toHttpGetError(error, options);
  }
}

function requireHttp(url: string): void {
  if (/^https?:\/\//i.test(url)) return;
  throw new HttpGetError("UNSUPPORTED_SCHEME", "only http and https URLs are fetched");
}

function toHttpGetError(error: unknown, options: HttpGetOptions): HttpGetError {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof HttpGetError) return cause;
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof AxiosError) {
    if (error.code === "ERR_FR_TOO_MANY_REDIRECTS") {
      return new HttpGetError("TOO_MANY_REDIRECTS", message, { cause: error });
    }
    if (message.includes("maxContentLength")) {
      return new HttpGetError("BODY_TOO_LONG", `a body of more than ${options.maxBodyBytes} bytes`, {
        cause: error,
      });
    }
  }
  return new HttpGetError("NETWORK", message, { cause: error });
}

interface Agents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

/** Agents for one request, so that there is no connection left to close; `open` stands in for the system's TCP. */
function agents(open: ((hostName: string, port: number) => Duplex) | undefined): Agents {
  const httpAgent = new HttpAgent({ keepAlive: false });
  const httpsAgent = new HttpsAgent({ keepAlive: false });
  if (open) {
    httpAgent.createConnection = ({ host, port }) => open(host ?? "", Number(port));
    httpsAgent.createConnection = ({ host, port, servername }) => {
      const name = servername ?? host ?? "";
      // A server name is a name: TLS does without one for an IP address.
      return connectTls({
        socket: open(host ?? "", Number(port)),
        host: name,
        ...(isIP(name) ? {} : { servername: name }),
      });
    };
  }
  return { httpAgent, httpsAgent };
}
