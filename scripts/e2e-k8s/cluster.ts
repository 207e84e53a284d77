import { z } from "zod";
import { runCommand } from "../e2e-docker/command.js";

const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    deletionTimestamp: z.string().optional(),
    labels: z.record(z.string(), z.string()).default({}),
  }),
  status: z.object({
    conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
    containerStatuses: z.array(z.object({ restartCount: z.number() })).default([]),
  }),
});

/** A pod that is not being deleted. */
export interface Pod {
  readonly name: string;
  /** Another one with the same name has another. */
  readonly uid: string;
  /** By its label `app.kubernetes.io/name`: `leecher`, `seeder`, … */
  readonly role: string;
  readonly isReady: boolean;
  readonly restarts: number;
}

const kubernetesVersion = z.object({
  serverVersion: z.object({ major: z.string(), minor: z.string() }),
});

/** Fetches with what is in every image of Swarmlab: the network need not let us in. */
const fetchProgram =
  "fetch(process.argv[1]).then(async (r) => { console.log(await r.text()); process.exitCode = r.ok ? 0 : 1; })";

/** One namespace of the cluster that KUBECONFIG names, through `kubectl`. */
export class Cluster {
  readonly #namespace: string;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** `kubectl …` in the namespace; gives what it prints. */
  kubectl(args: readonly string[], timeoutMs = 120_000): Promise<string> {
    return runCommand(["kubectl", `--namespace=${this.#namespace}`, ...args], { timeoutMs });
  }

  /** Of version 1 of Kubernetes; providers write a `+` behind it. */
  async minorVersion(): Promise<number> {
    const text = await this.kubectl(["version", "--output=json"]);
    return Number.parseInt(kubernetesVersion.parse(JSON.parse(text)).serverVersion.minor, 10);
  }

  /** In the order of their names; those that are being deleted are left out. */
  async pods(role?: string): Promise<Pod[]> {
    const selector = role === undefined ? [] : [`--selector=app.kubernetes.io/name=${role}`];
    const text = await this.kubectl(["get", "pods", "--output=json", ...selector]);
    const { items } = z.object({ items: z.array(podSchema) }).parse(JSON.parse(text));
    return items
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata: { name, uid, labels }, status }) => ({
        name,
        uid,
        role: labels["app.kubernetes.io/name"] ?? "",
        isReady: status.conditions.some((each) => each.type === "Ready" && each.status === "True"),
        restarts: status.containerStatuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
      }))
      .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  }

  /** Runs a command in a container of a pod. */
  exec(pod: string, container: string, command: readonly string[]): Promise<string> {
    return this.kubectl(["exec", pod, `--container=${container}`, "--", ...command], 30_000);
  }

  /** What a URL answers inside of a pod of ours, checked. */
  async getJson<T>(pod: string, container: string, url: string, schema: z.ZodType<T>): Promise<T> {
    return schema.parse(JSON.parse(await this.exec(pod, container, ["node", "-e", fetchProgram, url])));
  }
}
