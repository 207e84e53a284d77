import { request } from "node:http";
import { connect } from "node:net";
import { Router } from "express";
import { afterEach, describe, expect, it } from "vitest";
import { ApiError, type ControlAppOptions } from "./control-app.js";
import { type ControlServer, startControlServer } from "./control-server.js";
import { createLogger } from "./logger.js";
import { createRegistry } from "./registry.js";

const loopback = { host: "127.0.0.1", port: 0 };
const servers: ControlServer[] = [];
const logLines: string[] = [];

async function start(options: Partial<ControlAppOptions> = {}): Promise<ControlServer> {
  const logger = createLogger({ name: "test", level: "error", write: (line) => logLines.push(line) });
  const registry = createRegistry({ service: "test", version: "1.2.3", labels: { node: "n1" } });
  const server = await startControlServer(loopback, {
    logger,
    registry,
    checks: {},
    allowedHosts: [],
    ...options,
  });
  servers.push(server);
  return server;
}

function statusWithHost(port: number, host: string): Promise<number | undefined> {
  return statusOf(port, "GET", "/healthz", { host });
}

function statusOf(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, method, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once("error", reject)
      .end();
  });
}

afterEach(async () => {
  logLines.length = 0;
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

describe("startControlServer", () => {
  it("answers health checks and says which one fails", async () => {
    let trouble: string | undefined;
    const server = await start({ checks: { disk: () => trouble, loop: async () => undefined } });
    const healthy = await fetch(`${server.url}/healthz`);
    expect(healthy.status).toBe(200);
    expect(await healthy.json()).toEqual({ status: "ok", checks: { disk: "ok", loop: "ok" } });
    trouble = "full";
    const failing = await fetch(`${server.url}/healthz`);
    expect(failing.status).toBe(503);
    expect(await failing.json()).toEqual({ status: "failing", checks: { disk: "full", loop: "ok" } });
  });

  it("serves metrics with their constant labels", async () => {
    const server = await start();
    const response = await fetch(`${server.url}/metrics`);
    const text = await response.text();
    expect(response.headers.get("content-type")).toContain("text/plain");
    expect(text).toMatch(/process_resident_memory_bytes\{service="test",node="n1"\} \d/);
    expect(text).toContain("nodejs_eventloop_lag_p99_seconds");
    expect(text).toMatch(/swarmlab_build_info\{version="1.2.3",node_version="v[^}]*\} 1/);
  });

  it("answers errors as JSON, without a stack trace", async () => {
    const routes = Router();
    routes.get("/teapot", () => {
      throw new ApiError(418, "TEAPOT", "short and stout");
    });
    routes.get("/broken", async () => {
      throw new Error("a secret detail");
    });
    const server = await start({ routes });
    const teapot = await fetch(`${server.url}/teapot`);
    expect(teapot.status).toBe(418);
    expect(await teapot.json()).toEqual({ error: { code: "TEAPOT", message: "short and stout" } });
    const broken = await fetch(`${server.url}/broken`);
    expect(broken.status).toBe(500);
    expect(await broken.json()).toEqual({ error: { code: "INTERNAL", message: "internal error" } });
    expect(logLines.join("")).toContain("a secret detail");
    expect((await fetch(`${server.url}/nowhere`)).status).toBe(404);
    expect((await fetch(`${server.url}/%E0%A4%A`)).status).toBeLessThan(500);
  });

  it("refuses Host names that it does not go by, against DNS rebinding", async () => {
    const { port } = await start({ allowedHosts: ["Node1.example.org"] });
    const allowed = [
      `127.0.0.1:${port}`,
      "127.0.0.1",
      "[::1]:80",
      "localhost",
      "LOCALHOST:1",
      "node1.example.org:80",
    ];
    for (const host of allowed) expect(await statusWithHost(port, host), host).toBe(200);
    for (const host of ["attacker.example", "localhost.attacker.example:80", "127.0.0.1.example", "[::1"]) {
      expect(await statusWithHost(port, host), host).toBe(403);
    }
  });

  it("refuses changes that a browser sends for a page of another origin", async () => {
    const routes = Router().all("/thing", (_request, response) => void response.end());
    const { port } = await start({ routes });
    const status = (method: string, headers: Record<string, string>) =>
      statusOf(port, method, "/thing", { host: `localhost:${port}`, ...headers });
    const own = { origin: `http://localhost:${port}` };
    const allowed = [{}, own, { ...own, "sec-fetch-site": "same-origin" }, { "sec-fetch-site": "none" }];
    const refused = [
      { origin: "http://attacker.example" },
      { origin: "http://localhost:1" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { ...own, "sec-fetch-site": "cross-site" },
    ];
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      for (const headers of allowed) expect(await status(method, headers), JSON.stringify(headers)).toBe(200);
      for (const headers of refused) expect(await status(method, headers), JSON.stringify(headers)).toBe(403);
    }
    for (const headers of refused) expect(await status("GET", headers)).toBe(200);
    expect(await status("POST", { host: "localhost", origin: "http://localhost" })).toBe(200);
    expect(await status("POST", { host: "localhost:80", origin: "http://localhost" })).toBe(200);
  });

  it("says clearly that an address is in use", async () => {
    const { port } = await start();
    await expect(
      startControlServer(
        { host: "127.0.0.1", port },
        {
          logger: createLogger({ name: "test", level: "silent" }),
          registry: createRegistry({ service: "test", version: "0" }),
          checks: {},
          allowedHosts: [],
        },
      ),
    ).rejects.toMatchObject({
      name: "ListenError",
      code: "IN_USE",
      message: `cannot listen on 127.0.0.1:${port}: another program uses it`,
    });
  });

  it("closes although a request never ends", async () => {
    const server = await start();
    const socket = connect(server.port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.write("GET /healthz HTTP/1.1\r\n");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
    await server.close();
    await closed;
  });
});
