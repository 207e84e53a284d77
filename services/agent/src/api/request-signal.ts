import type { Response } from "express";

/** Aborts when the client goes away, or the agent ends. */
export function requestSignal(response: Response, agentSignal: AbortSignal): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  return AbortSignal.any([gone.signal, agentSignal]);
}
