import express, { type ErrorRequestHandler, type Express, type Router } from "express";
import type { Registry } from "prom-client";
import { refuseCrossSite } from "./cross-site.js";
import { requireKnownHost } from "./host-header.js";
import type { Logger } from "./logger.js";

/** Says whether a part of the program works: nothing when it does, else what is wrong. */
type HealthCheck = () => string | undefined | Promise<string | undefined>;

export interface ControlAppOptions {
  readonly logger: Logger;
  readonly registry: Registry;
  /** By name; `/healthz` answers 503 while one of them fails. */
  readonly checks: Readonly<Record<string, HealthCheck>>;
  /** Host names, beside IP literals and `localhost`, that clients may use. */
  readonly allowedHosts: readonly string[];
  /** The program's own routes. */
  readonly routes?: Router;
}

/** An error that a route answers with: its status, and `{"error":{"code","message"}}`. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The express application of a node's control side: `/healthz`, `/metrics`, the program's routes, and JSON errors. */
export function createControlApp(options: ControlAppOptions): Express {
  const app = express();
  app.disable("x-powered-by");
  app.use(requireKnownHost(options.allowedHosts), refuseCrossSite());
  app.get("/healthz", async (_request, response) => {
    const checks: Record<string, string> = {};
    for (const [name, check] of Object.entries(options.checks)) checks[name] = (await check()) ?? "ok";
    const healthy = Object.values(checks).every((state) => state === "ok");
    response.status(healthy ? 200 : 503).json({ status: healthy ? "ok" : "failing", checks });
  });
  app.get("/metrics", async (_request, response) => {
    const text = await options.registry.metrics();
    response.setHeader("content-type", options.registry.contentType);
    response.end(text);
  });
  if (options.routes !== undefined) app.use(options.routes);
  app.use((request) => {
    throw new ApiError(404, "NOT_FOUND", `there is no ${request.method} ${request.path}`);
  });
  app.use(jsonErrors(options.logger));
  return app;
}

/** Answers what we meant to say; anything else is logged, and the client only learns that it was our fault. */
function jsonErrors(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const { status, code, message } = publicError(error);
    if (status >= 500)
      logger.error({ err: error, method: request.method, path: request.path }, "request failed");
    response.status(status).json({ error: { code, message } });
  };
}

function publicError(error: unknown): { status: number; code: string; message: string } {
  if (error instanceof ApiError) return error;
  // Errors of express and its body parsers carry a status, and say with `expose` that their message may be shown.
  if (error instanceof Error && "status" in error && typeof error.status === "number" && error.status < 500) {
    return { status: error.status, code: "BAD_REQUEST", message: error.message };
  }
  return { status: 500, code: "INTERNAL", message: "internal error" };
}
