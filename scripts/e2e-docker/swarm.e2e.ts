import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Scope } from "../process/scope.js";
import { runCommand } from "./command.js";
import { ComposeProject, type Container, eventually } from "./compose-project.js";
import { getJson, metricValues, queryPrometheus } from "./http.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const ports = { GRAFANA_PORT: "13000", PROMETHEUS_PORT: "19090", TRACKER_PORT: "16969", AGENT_PORT: "19200" };
const agentUrl = `http://127.0.0.1:${ports.AGENT_PORT}`;
const prometheusUrl = `http://127.0.0.1:${ports.PROMETHEUS_PORT}`;
const trackerUrl = `http://127.0.0.1:${ports.TRACKER_PORT}`;
const maxLayersBytes = 40_000_000;

const stateSchema = z.object({
  node: z.string(),
  completedAt: z.string().nullable(),
  link: z.object({ declared: z.string(), backend: z.string() }),
  torrents: z.array(z.object({ totalBytes: z.number(), verifiedBytes: z.number() })),
});
const linksSchema = z.object({
  nodes: z.array(
    z.object({
      node: z.string(),
      state: z.string(),
      backend: z.string(),
      link: z.string(),
      certificate: z.unknown(),
    }),
  ),
});

/** The tests go on with what those before them have left: one swarm from its start to its end. */
describe("docker compose up", () => {
  const scope = new Scope();
  let project: ComposeProject;

  beforeAll(async () => {
    project = await ComposeProject.open(scope, "swarmlab-e2e", { ...ports, LEECHERS: "5", SEED: "e2e" });
  });

  afterAll(() => scope.close());

  test("builds and starts a swarm from a fresh clone", async () => {
    await project.up("--build");
    const running = await project.containers();
    expect(running.filter(({ service }) => service === "leecher")).toHaveLength(5);
  }, 900_000);

  test("has images of less than 40 MB over the base image", async () => {
    const base = await imageBytes(process.env.NODE_IMAGE ?? "node:24-bookworm-slim");
    for (const image of ["tracker", "peer", "agent"]) {
      expect((await imageBytes(`swarmlab/${image}`)) - base, image).toBeLessThan(maxLayersBytes);
    }
  });

  test("takes more leechers while it runs", async () => {
    await eventually("a leecher has begun", 120_000, async () => {
      const states = await leecherStates();
      return (
        states.some(({ torrents: [torrent] }) => torrent !== undefined && torrent.verifiedBytes > 0) ||
        undefined
      );
    });
    project.set({ LEECHERS: "12" });
    await project.up("--no-recreate", "--scale", "leecher=12");
    expect(await project.containers("leecher")).toHaveLength(12);
  });

  test("goes on without the agent, and the agent goes on where it was", async () => {
    const agent = await project.container("agent");
    const before = await measuredLinks(13);
    await runCommand(["docker", "kill", agent.id]);
    await runCommand(["docker", "start", agent.id]);
    const after = await measuredLinks(13);
    const linkOf = ({ node, link, backend }: (typeof before)[number]) => `${node} ${link} ${backend}`;
    expect(after.map(linkOf).sort()).toEqual(before.map(linkOf).sort());
  });

  test("completes though the tracker is killed and comes back", async () => {
    const tracker = await project.container("tracker");
    await runCommand(["docker", "kill", tracker.id]);
    await runCommand(["docker", "start", tracker.id]);
    await complete(12);
    const hashes = await contentHashes();
    expect(hashes.size).toBe(1);
  });

  test("changes the link of one node while it runs", async () => {
    const [leecher] = await project.containers("leecher");
    const response = await fetch(`${agentUrl}/api/links/leecher-1`, {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ link: "delay=40ms" }),
    });
    expect(response.status).toBe(200);
    await eventually("the node knows of its new link", 20_000, async () => {
      const { link } = await stateOf(leecher);
      return link.declared.includes("delay=40ms") || undefined;
    });
  });

  test("has a target in Prometheus for every node, and data for every query", async () => {
    await eventually("all targets are up", 60_000, async () => {
      const up = await query("up");
      return up.length === 16 && up.every(({ value }) => value === 1) ? up : undefined;
    });
    const named = await query("swarmlab_peer_torrent_completion_ratio");
    const nodes = (await project.containers()).filter(({ service }) => /seeder|leecher/.test(service));
    expect(named.map(({ labels }) => labels.node).sort()).toEqual(nodes.map(({ name }) => name).sort());
    await runCommand(["npx", "tsx", "scripts/dashboards/run-queries.ts", prometheusUrl], { cwd: root });
  });

  test("has rules that promtool accepts and whose tests pass, and draws every dashboard", async () => {
    const prometheus = await project.container("prometheus");
    const promtool = ["docker", "exec", prometheus.id, "promtool"] as const;
    const folder = "/etc/prometheus";
    await runCommand([...promtool, "check", "config", `${folder}/prometheus.yml`]);
    const tests = ["alerts", "theory", "panels"].map((name) => `${folder}/tests/${name}.yml`);
    await runCommand([...promtool, "test", "rules", ...tests]);
    const pictures = await scope.scratchDirectory("pictures");
    await runCommand(["npx", "tsx", "scripts/dashboards/render.ts", prometheusUrl, pictures], { cwd: root });
    expect((await readdir(pictures)).sort()).toEqual(["links.svg", "node.svg", "swarm.svg", "tracker.svg"]);
  });

  test("stops a leecher within 2 s, and the tracker is told", async () => {
    const stopped = async () =>
      (await metricValues(`${trackerUrl}/metrics`, "swarmlab_tracker_announces_total"))
        .filter(({ labels }) => labels.event === "stopped")
        .reduce((sum, { value }) => sum + value, 0);
    const [leecher] = await project.containers("leecher");
    const before = await stopped();
    const startedMs = performance.now();
    await runCommand(["docker", "stop", "--time", "10", leecher?.id ?? ""]);
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    expect((await project.containers("leecher"))[0]).toMatchObject({ isRunning: false, exitCode: 0 });
    expect(await stopped()).toBe(before + 1);
  });

  test("shares what a user puts into content/", async () => {
    await project.compose(["rm", "--force", "--stop", "--volumes", "seeder", "leecher"]);
    await mkdir(join(project.folder, "content", "photos"), { recursive: true });
    await writeFile(join(project.folder, "content", "example.txt"), "a file of one's own\n");
    await writeFile(join(project.folder, "content", "photos", "example.raw"), Buffer.alloc(3_000_000, 7));
    project.set({ LEECHERS: "2" });
    await project.up();
    await complete(2);
    const [leecher] = await project.containers("leecher");
    const files = await runCommand([
      "docker",
      "exec",
      leecher?.id ?? "",
      "find",
      "/data/content",
      "-type",
      "f",
    ]);
    expect(files.split("\n").filter(Boolean).sort()).toEqual([
      "/data/content/example.txt",
      "/data/content/photos/example.raw",
    ]);
    expect((await contentHashes("/content")).size).toBe(1);
  });

  test("leaves nothing behind", async () => {
    const mounted = await volumesOf(await project.containers());
    expect(mounted.length).toBeGreaterThan(4);
    await project.down();
    const filter = `label=com.docker.compose.project=${project.name}`;
    expect(await project.containers()).toEqual([]);
    for (const kind of ["network", "volume"]) {
      expect(await runCommand(["docker", kind, "ls", "--quiet", "--filter", filter])).toBe("");
    }
    const left = (await runCommand(["docker", "volume", "ls", "--quiet"])).split("\n");
    expect(mounted.filter((name) => left.includes(name))).toEqual([]);
  });

  async function stateOf(container: Container | undefined) {
    return getJson(`http://${container?.addresses.control}:9100/api/state`, stateSchema);
  }

  /** On a host with two processors and all of them busy some may be off, and say so. */
  async function measuredLinks(count: number) {
    return eventually(`${count} nodes have links that were measured`, 60_000, async () => {
      const { nodes } = await getJson(`${agentUrl}/api/links`, linksSchema);
      const measured = nodes.filter(({ state, certificate }) => state !== "pending" && certificate !== null);
      return measured.length === count ? measured : undefined;
    });
  }

  async function leecherStates() {
    const leechers = await project.containers("leecher");
    return Promise.all(leechers.map(stateOf));
  }

  async function complete(count: number): Promise<void> {
    await eventually(`${count} leechers are complete`, 240_000, async () => {
      const states = await leecherStates();
      return states.filter(({ completedAt }) => completedAt !== null).length === count || undefined;
    });
  }

  /** One hash for all that a node holds; one entry when all hold the same. */
  async function contentHashes(seederFolder = "/data/content"): Promise<Set<string>> {
    const hash = "cd $0 && find . -type f ! -name '.*' | sort | xargs sha256sum | sha256sum";
    const hashes = new Set<string>();
    for (const { id, service } of await project.containers()) {
      if (service !== "leecher" && service !== "seeder") continue;
      const folder = service === "seeder" ? seederFolder : "/data/content";
      hashes.add(await runCommand(["docker", "exec", id, "sh", "-c", hash, folder]));
    }
    return hashes;
  }
});

function query(expression: string) {
  return queryPrometheus(prometheusUrl, expression);
}

/** Those without a name of their own, too. */
async function volumesOf(containers: readonly Container[]): Promise<string[]> {
  const format = "{{range .Mounts}}{{.Name}} {{end}}";
  const ids = containers.map(({ id }) => id);
  const names = await runCommand(["docker", "inspect", `--format=${format}`, ...ids]);
  return names.split(/\s+/).filter((name) => name !== "");
}

async function imageBytes(image: string): Promise<number> {
  return Number(await runCommand(["docker", "image", "inspect", "--format={{.Size}}", image]));
}
