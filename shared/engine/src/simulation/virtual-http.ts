import type { Clock } from "../ports/clock.js";
import type {
  ByteStream,
  HttpGetOptions,
  HttpResponse,
  Listener,
  Network,
  SocketAddress,
} from "../ports/network.js";

/** Answers the requests to a virtual web server. */
export type VirtualHttpHandler = (url: URL) => HttpResponse | Promise<HttpResponse>;

/**
 * Serves GET requests of `virtualHttpGet` on `address` of any network, an emulated link included. The bytes are those of
 * HTTP/1.0, so that they take their time, but nothing else of HTTP is there.
 */
export function serveVirtualHttp(
  network: Network,
  address: SocketAddress,
  handler: VirtualHttpHandler,
): Promise<Listener> {
  return network.listen(address, (stream) => {
    let request = "";
    stream.attach({
      onData: (chunk) => {
        request += Buffer.from(chunk).toString("latin1");
        if (!request.endsWith("\r\n\r\n")) return;
        const url = new URL(/^GET (\S+)/.exec(request)?.[1] ?? "");
        Promise.resolve(handler(url)).then(
          (response) => respond(stream, response),
          (error) => stream.destroy(error),
        );
      },
      onClose: () => {},
    });
  });
}

function respond(stream: ByteStream, response: HttpResponse): void {
  const head = `HTTP/1.0 ${response.status}\r\nContent-Length: ${response.body.length}\r\n\r\n`;
  stream.write([Buffer.from(head), response.body]);
  stream.end();
}

/** One GET over `connect`. Time-outs go by `clock`; redirects and headers of the request are left out. */
export async function virtualHttpGet(
  clock: Clock,
  network: Pick<Network, "connect" | "resolve">,
  url: string,
  options: HttpGetOptions,
): Promise<HttpResponse> {
  const target = new URL(url);
  const port = Number(target.port || 80);
  const [host = ""] = await network.resolve(target.hostname.replace(/^\[|\]$/g, ""), options.signal);
  const connect = options.connect ?? ((address) => network.connect(address));
  const received: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    const stream = connect({ host, port });
    const fail = (error: Error): void => {
      reject(error);
      stream.destroy();
    };
    const abort = (): void => fail(options.signal.reason);
    const timer = clock.setTimer(options.timeoutMs, () => fail(new Error(`no response from ${url} in time`)));
    options.signal.addEventListener("abort", abort, { once: true });
    stream.attach({
      onConnect: () => stream.write([Buffer.from(`GET ${target.href} HTTP/1.0\r\n\r\n`)]),
      onData: (chunk) => received.push(Buffer.from(chunk)),
      onClose: (error) => {
        timer.cancel();
        options.signal.removeEventListener("abort", abort);
        if (error) reject(error);
        else resolve();
      },
    });
  });
  return parseResponse(Buffer.concat(received), options.maxBodyBytes);
}

function parseResponse(bytes: Buffer, maxBodyBytes: number): HttpResponse {
  const bodyStart = bytes.indexOf("\r\n\r\n") + 4;
  const head = bytes.toString("latin1", 0, bodyStart);
  const body = Uint8Array.from(bytes.subarray(bodyStart));
  const [, status, length] = /^HTTP\/1\.0 (\d+)\r\nContent-Length: (\d+)/.exec(head) ?? [];
  if (status === undefined || body.length !== Number(length)) throw new Error("the response broke off");
  if (body.length > maxBodyBytes) throw new Error(`a body of more than ${maxBodyBytes} bytes`);
  return { status: Number(status), body };
}
