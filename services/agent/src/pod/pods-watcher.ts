import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "@swarmlab/telemetry/logger";
import { z } from "zod";
import type { DeclaredElsewhere } from "../nodes/swarm.js";
import { regionAnnotation } from "./annotations.js";
import { type KubernetesApi, KubernetesApiError } from "./kubernetes-api.js";

export interface PodsWatcherOptions {
  readonly api: KubernetesApi;
  /** The pod that is not one of the others. */
  readonly ownName: string;
  readonly logger: Logger;
  /** All other peers that have an address, whenever something about them has changed. */
  readonly onPods: (pods: readonly DeclaredElsewhere[]) => void;
}

const selector = "app.kubernetes.io/part-of=swarmlab,app.kubernetes.io/component=peer";
const firstRetryMs = 500;
const maxRetryMs = 15_000;

const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    resourceVersion: z.string(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  status: z
    .object({ phase: z.string().default(""), podIPs: z.array(z.object({ ip: z.string() })).default([]) })
    .default({ phase: "", podIPs: [] }),
});
const listSchema = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  items: z.array(podSchema),
});
const eventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.enum(["ADDED", "MODIFIED", "DELETED"]), object: podSchema }),
  z.object({
    type: z.literal("BOOKMARK"),
    object: z.object({ metadata: z.object({ resourceVersion: z.string() }) }),
  }),
  z.object({
    type: z.literal("ERROR"),
    object: z.object({ code: z.number().optional(), message: z.string().default("") }),
  }),
]);

/** Follows where the other peers of the namespace are, and in which regions, through the Kubernetes API. */
export class PodsWatcher {
  readonly #options: PodsWatcherOptions;
  readonly #pods = new Map<string, DeclaredElsewhere>();
  /** Up to which `resourceVersion` all is known; undefined before the first list, and when that must begin anew. */
  #version: string | undefined;
  #told: string | undefined;
  #trouble: string | undefined = "the Kubernetes API was not asked yet";

  constructor(options: PodsWatcherOptions) {
    this.#options = options;
  }

  /** Why it does not know where the others are; undefined when it does. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  async run(signal: AbortSignal): Promise<void> {
    let retryMs = firstRetryMs;
    while (!signal.aborted) {
      try {
        for await (const _ of this.#follow(signal)) retryMs = firstRetryMs;
        // The server ends a watch after some minutes.
        retryMs = firstRetryMs;
      } catch (error) {
        if (signal.aborted) return;
        this.#inTrouble(error);
      }
      await delay(retryMs, undefined, { signal }).catch(() => undefined);
      retryMs = Math.min(2 * retryMs, maxRetryMs);
    }
  }

  /** Goes on after what it has seen, or begins with a list. Yields after each event. */
  async *#follow(signal: AbortSignal): AsyncGenerator<void> {
    const { api } = this.#options;
    const version = this.#version ?? (await this.#list(signal));
    const events = await api.watch("pods", selector, version, signal);
    this.#trouble = undefined;
    for await (const data of events) {
      const event = checked(eventSchema, data);
      if (event.type === "ERROR") throw errorOf(event.object);
      if (event.type === "DELETED") this.#pods.delete(event.object.metadata.name);
      else if (event.type !== "BOOKMARK") this.#note(event.object);
      this.#version = event.object.metadata.resourceVersion;
      this.#tell();
      yield;
    }
  }

  /** All pods as they are now; gives the version of that. */
  async #list(signal: AbortSignal): Promise<string> {
    const { metadata, items } = checked(listSchema, await this.#options.api.list("pods", selector, signal));
    this.#pods.clear();
    for (const pod of items) this.#note(pod);
    this.#version = metadata.resourceVersion;
    this.#trouble = undefined;
    this.#tell();
    return metadata.resourceVersion;
  }

  #note({ metadata: { name, annotations }, status }: z.infer<typeof podSchema>): void {
    const swarmAddresses = status.podIPs.map(({ ip }) => ip);
    const isOver = status.phase === "Succeeded" || status.phase === "Failed";
    if (name === this.#options.ownName || isOver || swarmAddresses.length === 0) this.#pods.delete(name);
    else this.#pods.set(name, { name, region: annotations[regionAnnotation]?.trim() ?? "", swarmAddresses });
  }

  #tell(): void {
    const pods = [...this.#pods.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const told = JSON.stringify(pods);
    if (told === this.#told) return;
    this.#told = told;
    this.#options.onPods(pods);
  }

  #inTrouble(error: unknown): void {
    const code = error instanceof KubernetesApiError ? error.code : undefined;
    // What the server no longer has, or what cannot be read, it would answer again.
    if (code === "GONE" || code === "BAD_ANSWER") this.#version = undefined;
    if (code === "GONE") return;
    const message = error instanceof Error ? error.message : String(error);
    if (this.#trouble !== message) this.#options.logger.warn(message);
    this.#trouble = message;
  }
}

function errorOf({ code, message }: { readonly code?: number | undefined; readonly message: string }) {
  return new KubernetesApiError(code === 410 ? "GONE" : "BAD_ANSWER", `the Kubernetes API: ${message}`);
}

function checked<T>(schema: z.ZodType<T>, data: unknown): T {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  throw new KubernetesApiError("BAD_ANSWER", `the Kubernetes API: ${z.prettifyError(result.error)}`);
}
