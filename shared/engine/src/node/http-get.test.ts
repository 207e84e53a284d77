import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import type { SocketAddress } from "../ports/network.js";
import { NodeNetwork } from "./node-network.js";

const network = new NodeNetwork();
const BODY = { maxBodyBytes: 1000, timeoutMs: 5_000, signal: new AbortController().signal };
const open: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

/** Options that make the network connect through its byte streams, and the addresses it connected to. */
function throughStreams() {
  const addresses: SocketAddress[] = [];
  const connect = (address: SocketAddress) => {
    addresses.push(address);
    return network.connect(address);
  };
  return { addresses, options: { ...BODY, connect } };
}

describe.each([
  ["the system's TCP", () => ({ options: BODY })],
  ["byte streams", throughStreams],
])("httpGet through %s", (_name, make) => {
  it("gives status, body and what the server saw", async () => {
    const url = await serve((request, response) => {
      response.statusCode = 404;
      response.end(`${request.method} ${request.url} ${request.headers["x-example"]}`);
    });
    const headers = { "X-Example": "yes" };
    const response = await network.httpGet(`${url}/a?info_hash=%00%ff`, { ...make().options, headers });
    expect(response.status).toBe(404);
    expect(Buffer.from(response.body).toString()).toBe("GET /a?info_hash=%00%ff yes");
  });

  it("follows a redirect", async () => {
    const url = await serve((request, response) => {
      if (request.url === "/") response.writeHead(302, { location: "/b" }).end();
      else response.end("there");
    });
    const response = await network.httpGet(`${url}/`, make().options);
    expect(Buffer.from(response.body).toString()).toBe("there");
  });

  it.each(["file:///etc/hostname", "ftp://127.0.0.1/x", "data:text/plain,x", "gopher://127.0.0.1"])(
    "refuses %s, asked for or redirected to",
    async (location) => {
      const url = await serve((_request, response) => response.writeHead(302, { location }).end());
      const refused = { name: "HttpGetError", code: "UNSUPPORTED_SCHEME" };
      await expect(network.httpGet(location, make().options)).rejects.toMatchObject(refused);
      await expect(network.httpGet(url, make().options)).rejects.toMatchObject(refused);
    },
  );

  it("follows no more redirects than allowed", async () => {
    const url = await serve((_request, response) => response.writeHead(302, { location: "/" }).end());
    await expect(network.httpGet(url, make().options)).rejects.toMatchObject({ code: "TOO_MANY_REDIRECTS" });
  });

  it("gives the redirect itself when none may be followed", async () => {
    const url = await serve((_request, response) => response.writeHead(302, { location: "/" }).end());
    const response = await network.httpGet(url, { ...make().options, maxRedirects: 0 });
    expect(response.status).toBe(302);
  });

  it("refuses a body over the limit, announced or not, also when it is a small one unpacked", async () => {
    const url = await serve((request, response) => {
      const body = Buffer.alloc(1001);
      if (request.url === "/gzip") response.setHeader("content-encoding", "gzip").end(gzipSync(body));
      else if (request.url === "/chunked") response.write(body, () => response.end());
      else response.end(body);
    });
    for (const path of ["/", "/chunked", "/gzip"]) {
      await expect(network.httpGet(url + path, make().options)).rejects.toMatchObject({
        code: "BODY_TOO_LONG",
      });
    }
    const exact = await network.httpGet(`${url}/`, { ...make().options, maxBodyBytes: 1001 });
    expect(exact.body).toHaveLength(1001);
  });

  it("times out on a server that drips", async () => {
    const url = await serve((_request, response) => {
      const timer = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(timer));
    });
    await expect(network.httpGet(url, { ...make().options, timeoutMs: 150 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
  });

  it("rejects with the reason of its signal, and leaves no connection", async () => {
    const controller = new AbortController();
    const reason = new Error("stopped");
    let onClosed = (): void => {};
    const closed = new Promise<void>((resolve) => {
      onClosed = resolve;
    });
    const url = await serve((request) => {
      request.socket.on("close", onClosed);
      controller.abort(reason);
    });
    await expect(network.httpGet(url, { ...make().options, signal: controller.signal })).rejects.toBe(reason);
    await closed;
  });

  it("reports a refused connection", async () => {
    const listener = await network.listen({ host: "127.0.0.1", port: 0 }, () => {});
    await listener.close();
    await expect(
      network.httpGet(`http://127.0.0.1:${listener.address.port}/`, make().options),
    ).rejects.toMatchObject({ code: "NETWORK" });
  });

  it("reports a response that breaks off", async () => {
    const url = await serve((request, response) => {
      response.setHeader("content-length", "10");
      response.write("x", () => request.socket.destroy());
    });
    await expect(network.httpGet(url, make().options)).rejects.toMatchObject({ code: "NETWORK" });
  });

  it("takes no proxy from the environment", async () => {
    const url = await serve((_request, response) => response.end("direct"));
    process.env.http_proxy = "http://127.0.0.1:9/";
    open.push(() => {
      delete process.env.http_proxy;
    });
    const response = await network.httpGet(url, make().options);
    expect(Buffer.from(response.body).toString()).toBe("direct");
  });
});

describe("httpGet with its own connect", () => {
  it("opens every connection with it, by address", async () => {
    const url = await serve((request, response) => {
      if (request.url === "/") response.writeHead(302, { location: "/b" }).end();
      else response.end("x");
    });
    const { addresses, options } = throughStreams();
    const { port } = new URL(url);
    await network.httpGet(`http://localhost:${port}/`, options);
    expect(addresses.length).toBeGreaterThanOrEqual(2);
    expect(addresses.at(-1)).toEqual({ host: "127.0.0.1", port: Number(port) });
  });

  it("speaks TLS over it, and refuses a certificate that nobody vouches for", async () => {
    const directory = await mkdtemp(join(tmpdir(), "swarmlab-"));
    open.push(() => rm(directory, { recursive: true }));
    const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
    await promisify(execFile)("openssl", [
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1".split(" "),
      ...["-subj", "/CN=localhost", "-keyout", key, "-out", cert],
    ]);
    let requests = 0;
    const server = createTlsServer(
      { key: await readFile(key), cert: await readFile(cert) },
      (_, response) => {
        requests++;
        response.end();
      },
    ).listen(0, "127.0.0.1");
    await once(server, "listening");
    open.push(() => void server.close());
    const { port } = server.address() as { port: number };
    await expect(
      network.httpGet(`https://localhost:${port}/`, throughStreams().options),
    ).rejects.toMatchObject({ code: "NETWORK", cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" } });
    expect(requests).toBe(0);
  });
});
