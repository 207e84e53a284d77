import { spawnSync } from "node:child_process";
import { nodeLinkListSchema } from "@swarmlab/agent-api/node-link";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { eventually } from "../e2e-docker/compose-project.js";
import { Scope } from "../process/scope.js";
import { Cluster, type Pod } from "./cluster.js";
import { writeKustomization } from "./kustomization.js";
import { overlayFor } from "./overlay-version.js";

const namespace = "swarmlab-e2e";
/** Slow enough to look at. */
const leecherLink = "up=10mbit,down=16mbit,delay=8ms";
const contentHash = "cd /data/content && find . -type f | sort | xargs sha256sum | sha256sum";

const stateSchema = z.object({
  node: z.string(),
  completedAt: z.string().nullable(),
  link: z.object({ declared: z.string(), backend: z.string(), measuredRttMs: z.number().nullable() }),
  torrents: z.array(
    z.object({
      totalBytes: z.number(),
      verifiedBytes: z.number(),
      downloadedPayloadBytes: z.number(),
      wastedBytes: z.number(),
      failedBytes: z.number(),
    }),
  ),
});
const healthSchema = z.object({ checks: z.record(z.string(), z.string()) });
const querySchema = z.object({
  data: z.object({
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});

/** The tests go on with what those before them have left: one swarm from its start to its end. */
describe("kubectl apply -k", () => {
  const scope = new Scope();
  const cluster = new Cluster(namespace);
  let swarm: string;
  let observability: string;

  beforeAll(async () => {
    const folder = await scope.scratchDirectory("e2e-k8s");
    const overlay = overlayFor(await cluster.minorVersion());
    const annotation = (name: string, value: string) => {
      return { op: "replace", path: `/spec/template/metadata/annotations/swarmlab.io~1${name}`, value };
    };
    swarm = await writeKustomization(folder, overlay, {
      namespace,
      replicas: [{ name: "leecher", count: 3 }],
      components: ["regions"],
      patches: [
        {
          target: { kind: "StatefulSet", name: "leecher" },
          patch: JSON.stringify([annotation("link", leecherLink), annotation("region", "frankfurt")]),
        },
        {
          target: { kind: "StatefulSet", name: "seeder" },
          patch: JSON.stringify([annotation("region", "tokyo")]),
        },
      ],
    });
    const grafana = { target: { kind: "Deployment", name: "grafana" } };
    const removal =
      '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"grafana"},"$patch":"delete"}';
    observability = await writeKustomization(folder, "observability", {
      namespace,
      patches: process.env.SWARMLAB_WITHOUT_GRAFANA === "1" ? [{ ...grafana, patch: removal }] : [],
    });
    await removeNamespace();
    scope.add({ close: removeNamespace, closeNow: removeNamespaceNow });
  });

  afterAll(() => scope.close());

  test("starts a swarm", async () => {
    await cluster.kubectl(["apply", "--kustomize", swarm]);
    await ready(6, 180_000);
  });

  test("lets a peer join only behind a link that is in place and was measured", async () => {
    for (const { name } of [...(await cluster.pods("leecher")), ...(await cluster.pods("seeder"))]) {
      const [node] = await links(name);
      expect(node).toMatchObject({ node: name, origin: "declared", certificate: expect.anything() });
      expect((await stateOf(name)).link.backend).toBe(node?.backend);
    }
  });

  test("tells each agent of its region, and lets it watch the others through the Kubernetes API", async () => {
    for (const { name, role } of [...(await cluster.pods("leecher")), ...(await cluster.pods("seeder"))]) {
      const [node] = await links(name);
      expect(node?.region, name).toBe(role === "seeder" ? "tokyo" : "frankfurt");
      // Of the scope: that the annotations can be read, and that the API server has agreed to a watch.
      const health = await cluster.getJson(name, "agent", "http://127.0.0.1:9200/healthz", healthSchema);
      expect(health.checks.pod, name).toBe("ok");
      if (node?.backend !== "netem") continue;
      // 70 ms from Frankfurt to Tokyo, and 8 ms of each one's own line.
      const qdiscs = await cluster.exec(name, "agent", ["tc", "qdisc", "show"]);
      expect(qdiscs, name).toMatch(/netem .*delay 78/);
    }
  });

  test("lets peers list and watch the pods of their namespace, and do nothing else", async () => {
    const may = async (verb: string, kind: string, place = `--namespace=${namespace}`) => {
      const account = `--as=system:serviceaccount:${namespace}:peer`;
      const answer = await cluster.kubectl(["auth", "can-i", verb, kind, account, place]).catch(() => "no");
      return answer.trim();
    };
    expect(await may("list", "pods")).toBe("yes");
    expect(await may("watch", "pods")).toBe("yes");
    expect(await may("get", "pods")).toBe("no");
    expect(await may("patch", "pods")).toBe("no");
    expect(await may("list", "secrets")).toBe("no");
    expect(await may("list", "pods", "--all-namespaces")).toBe("no");
  });

  test("gives the agent NET_ADMIN and nothing else, and everybody else nothing", async () => {
    const effective = async (container: string) => {
      const status = await cluster.exec("leecher-0", container, ["grep", "CapEff", "/proc/1/status"]);
      return Number.parseInt(status.split(":")[1]?.trim() ?? "", 16);
    };
    expect(await effective("agent")).toBe(2 ** 12);
    expect(await effective("peer")).toBe(0);
  });

  test("takes more leechers while it runs, and all complete", async () => {
    await eventually("a leecher has begun", 120_000, async () => {
      const verified = await Promise.all(
        (await cluster.pods("leecher")).map(({ name }) => verifiedBytes(name)),
      );
      return verified.some((bytes) => bytes > 0) || undefined;
    });
    await cluster.kubectl(["scale", "statefulset/leecher", "--replicas=4"]);
    await complete(4);
    expect((await contentHashes()).size).toBe(1);
  });

  test("feeds those who come later while there is no seeder", async () => {
    const [before] = await cluster.pods("seeder");
    await cluster.kubectl(["scale", "statefulset/seeder", "--replicas=0"]);
    await eventually("the seeder is gone", 60_000, async () => {
      const name = await cluster.kubectl(["get", "pod", "seeder-0", "--ignore-not-found", "--output=name"]);
      return name === "" || undefined;
    });
    await cluster.kubectl(["scale", "statefulset/leecher", "--replicas=5"]);
    await complete(5);
    expect(await cluster.pods("seeder")).toEqual([]);
    await cluster.kubectl(["scale", "statefulset/seeder", "--replicas=1"]);
    const after = await eventually("the seeder is back", 120_000, async () => {
      const [seeder] = await cluster.pods("seeder");
      return seeder?.isReady ? seeder : undefined;
    });
    expect(after.uid).not.toBe(before?.uid);
    expect((await contentHashes()).size).toBe(1);
  });

  test("changes a link by an annotation while it runs", async () => {
    await cluster.kubectl(["annotate", "pod", "leecher-1", "swarmlab.io/link=delay=40ms", "--overwrite"]);
    // The kubelet tells within its round, a minute.
    const node = await eventually("the new link was measured", 150_000, async () => {
      const [link] = await links("leecher-1");
      return link?.link === "delay=40ms" && link.certificate !== null ? link : undefined;
    });
    expect(node.certificate?.rtt).toMatchObject({ declaredMs: 80 });
    expect(node.certificate?.rtt.measuredMs).toBeGreaterThan(79);
    await eventually("the peer knows of its new link", 30_000, async () => {
      const { link } = await stateOf("leecher-1");
      return link.declared === "delay=40ms" || undefined;
    });
    if (node.backend !== "netem") return;
    expect(await cluster.exec("leecher-1", "agent", ["tc", "qdisc", "show"])).toMatch(/netem .*delay 40ms/);
  });

  test("replaces all leechers one by one, and nothing that was downloaded is lost", async () => {
    await cluster.kubectl(["scale", "statefulset/leecher", "--replicas=6"]);
    const had = await downloading("leecher-5");
    const before = await cluster.pods("leecher");
    await cluster.kubectl(["rollout", "restart", "statefulset/leecher"]);
    await cluster.kubectl(["rollout", "status", "statefulset/leecher", "--timeout=10m"], 610_000);
    await complete(6);
    const after = await cluster.pods("leecher");
    const uids = new Set(before.map(({ uid }) => uid));
    expect(after.filter(({ uid }) => uids.has(uid))).toEqual([]);
    for (const { name } of after) {
      const [torrent] = (await stateOf(name)).torrents;
      if (torrent === undefined) throw new Error(`${name} has no torrent`);
      const { totalBytes, downloadedPayloadBytes, wastedBytes, failedBytes } = torrent;
      const kept = name === "leecher-5" ? had : totalBytes;
      // What came twice does not count; what came once was not there before.
      const usefulBytes = downloadedPayloadBytes - wastedBytes - failedBytes;
      expect(usefulBytes, name).toBeLessThanOrEqual(totalBytes - kept);
    }
    expect((await contentHashes()).size).toBe(1);
  });

  test("is watched by Prometheus, every pod of it", async () => {
    await cluster.kubectl(["apply", "--kustomize", observability]);
    await cluster.kubectl(["rollout", "status", "deployment/prometheus", "--timeout=3m"], 190_000);
    const up = await eventually("all targets are up", 90_000, async () => {
      const results = await query("up");
      // A peer and an agent in each of seven pods; core, tracker and itself.
      return results.length === 17 && results.every(({ value }) => value === 1) ? results : undefined;
    });
    expect(new Set(up.map(({ labels }) => labels.job))).toEqual(
      new Set(["peer", "agent", "core", "tracker", "prometheus"]),
    );
    const peers = (await cluster.pods()).filter(({ role }) => role === "leecher" || role === "seeder");
    const ratios = await query("swarmlab_peer_torrent_completion_ratio");
    expect(ratios.map(({ labels }) => labels.node).sort()).toEqual(peers.map(({ name }) => name).sort());
    expect(ratios.filter(({ value }) => value !== 1)).toEqual([]);
  });

  test("has restarted no container of its own accord", async () => {
    expect((await cluster.pods()).filter(({ restarts }) => restarts > 0)).toEqual([]);
  });

  test("leaves nothing behind", async () => {
    await cluster.kubectl(["delete", "--kustomize", observability, "--timeout=3m"], 200_000);
    await cluster.kubectl(["delete", "--kustomize", swarm, "--timeout=3m"], 200_000);
    expect(await cluster.kubectl(["get", "namespace", namespace, "--ignore-not-found"])).toBe("");
    await eventually("the volumes are gone", 60_000, async () => {
      const claims = await cluster.kubectl([
        "get",
        "persistentvolumes",
        "--output=jsonpath={.items[*].spec.claimRef.namespace}",
      ]);
      return claims.split(" ").includes(namespace) ? undefined : true;
    });
  });

  async function removeNamespace(): Promise<void> {
    await cluster.kubectl(["delete", "namespace", namespace, "--ignore-not-found", "--timeout=3m"], 200_000);
  }

  /** While this process ends; the cluster does the rest. */
  function removeNamespaceNow(): void {
    const removal = ["delete", "namespace", namespace, "--ignore-not-found", "--wait=false"];
    spawnSync("kubectl", [...removal, "--request-timeout=20s"], { stdio: "ignore" });
  }

  function ready(count: number, timeoutMs: number): Promise<Pod[]> {
    return eventually(`${count} pods are ready`, timeoutMs, async () => {
      const pods = await cluster.pods();
      return pods.length === count && pods.every(({ isReady }) => isReady) ? pods : undefined;
    });
  }

  async function stateOf(pod: string) {
    return cluster.getJson(pod, "peer", "http://127.0.0.1:9100/api/state", stateSchema);
  }

  async function links(pod: string) {
    const url = "http://127.0.0.1:9200/api/links";
    return (await cluster.getJson(pod, "agent", url, nodeLinkListSchema)).nodes;
  }

  async function verifiedBytes(pod: string): Promise<number> {
    return (await stateOf(pod)).torrents[0]?.verifiedBytes ?? 0;
  }

  /** Waits until a leecher has a part of the content, and gives how much. */
  function downloading(pod: string): Promise<number> {
    return eventually(`${pod} has a part of the content`, 180_000, async () => {
      const [torrent] = (await stateOf(pod)).torrents;
      if (torrent === undefined || torrent.verifiedBytes === 0) return undefined;
      expect(torrent.verifiedBytes).toBeLessThan(torrent.totalBytes);
      return torrent.verifiedBytes;
    });
  }

  function complete(count: number): Promise<Pod[]> {
    return eventually(`${count} leechers are complete`, 280_000, async () => {
      const pods = await cluster.pods("leecher");
      const states = await Promise.all(pods.map(({ name }) => stateOf(name)));
      const areComplete = states.length === count && states.every(({ completedAt }) => completedAt !== null);
      return areComplete ? pods : undefined;
    });
  }

  /** One hash for all that a peer holds; one entry when all hold the same. */
  async function contentHashes(): Promise<Set<string>> {
    const pods = [...(await cluster.pods("leecher")), ...(await cluster.pods("seeder"))];
    return new Set(
      await Promise.all(pods.map(({ name }) => cluster.exec(name, "peer", ["sh", "-c", contentHash]))),
    );
  }

  async function query(expression: string) {
    const url = `http://127.0.0.1:9090/api/v1/query?query=${encodeURIComponent(expression)}`;
    const text = await cluster.exec("deployment/prometheus", "prometheus", ["wget", "-q", "-O", "-", url]);
    const { data } = querySchema.parse(JSON.parse(text));
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }
});
