import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Scope } from "../../process/scope.js";
import { runCommand } from "../command.js";
import { eventually } from "../compose-project.js";
import { getJson, queryPrometheus } from "../http.js";
import { enterSwarm } from "./docker-swarm.js";
import { StackProject } from "./stack-project.js";

const name = "swarmlab-e2e-stack";
const ports = { GRAFANA_PORT: "23000", PROMETHEUS_PORT: "29090", TRACKER_PORT: "26969", AGENT_PORT: "29200" };
const agentUrl = `http://127.0.0.1:${ports.AGENT_PORT}`;
const settings = {
  ...ports,
  LEECHERS: "3",
  SEED: "e2e",
  CONTENT_SIZE: "32MiB",
  SEEDER_LINK: "up=10mbit,down=50mbit,delay=5ms",
  LEECHER_LINK: "up=10mbit,down=50mbit,delay=5ms",
  SWARM_SUBNET: "10.232.0.0/24",
  CONTROL_SUBNET: "10.232.1.0/24",
};
const leechers = Array.from({ length: 10 }, (_, index) => `${name}_leecher.${index + 1}`);
const contentBytes = 32 * 1024 * 1024;

const linksSchema = z.object({
  nodes: z.array(z.object({ node: z.string(), link: z.string(), state: z.string(), backend: z.string() })),
});

/** The tests go on with what those before them have left: one stack from its deployment to its removal. */
describe("docker stack deploy", () => {
  const scope = new Scope();
  let stack: StackProject;
  let volumesBefore: string;

  beforeAll(async () => {
    await enterSwarm(scope);
    const folder = await scope.scratchDirectory("stack");
    const override = join(folder, "without-grafana.yaml");
    await writeFile(override, "version: '3.9'\nservices: { grafana: { deploy: { replicas: 0 } } }\n");
    stack = await StackProject.open(
      scope,
      name,
      settings,
      process.env.SWARMLAB_WITHOUT_GRAFANA === "1" ? [override] : [],
    );
    volumesBefore = await allVolumes();
  });

  afterAll(() => scope.close());

  test("brings a swarm up, and takes more leechers while they download", async () => {
    await stack.deploy();
    await eventually("a leecher has begun", 120_000, async () => {
      const verified = await verifiedBytes();
      return leechers.some((node) => (verified.get(node) ?? 0) > 0) || undefined;
    });
    await stack.scale("leecher", leechers.length);
    await stack.running();
  });

  test("replaces every leecher in the middle of its download, and none begins anew", async () => {
    const before = await eventually("all leechers have begun", 60_000, async () => {
      const verified = await verifiedBytes();
      return leechers.every((node) => (verified.get(node) ?? 0) > 0) ? verified : undefined;
    });
    expect(leechers.filter((node) => (before.get(node) ?? 0) < contentBytes)).not.toEqual([]);
    const containers = await stack.containers("leecher");
    await stack.replaceTasks("leecher", 5);
    await stack.running();
    const after = await stack.containers("leecher");
    expect(after.map(({ node }) => node).sort()).toEqual([...leechers].sort());
    expect(containers.filter(({ id }) => after.some((task) => task.id === id))).toEqual([]);
    await complete();
    // What came twice does not count; what came once was not there before.
    const usefulBytes = await byNode(
      'swarmlab_peer_received_bytes_total{kind="payload"} - ignoring(kind) swarmlab_peer_wasted_bytes_total',
    );
    for (const node of leechers) {
      const missingBytes = contentBytes - (before.get(node) ?? 0);
      expect(usefulBytes.get(node), node).toBeLessThanOrEqual(missingBytes);
    }
    expect(await stack.failures()).toEqual([]);
  });

  test("has the same content everywhere", async () => {
    const nodes = [...(await stack.containers("seeder")), ...(await stack.containers("leecher"))];
    const hashes = new Set<string>();
    for (const { id } of nodes) {
      hashes.add(await runCommand(["docker", "exec", id, "sha256sum", "/data/content/content.bin"]));
    }
    expect(nodes).toHaveLength(leechers.length + 1);
    expect(hashes.size).toBe(1);
  });

  test("has a target in Prometheus for every task, under the name of its slot", async () => {
    await eventually("all targets are up", 30_000, async () => {
      const up = await query("up");
      return (up.length === leechers.length + 4 && up.every(({ value }) => value === 1)) || undefined;
    });
    const nodes = [...(await byNode("swarmlab_peer_torrent_completion_ratio")).keys()];
    expect(nodes.sort()).toEqual([`${name}_seeder.1`, ...leechers].sort());
    const certified = await query("swarmlab_link_certified");
    expect(certified.map(({ labels }) => labels.node).sort()).toEqual(nodes);
  });

  test("leaves the nodes no way to a published port, where they would not be known as nodes", async () => {
    const [leecher] = await stack.containers("leecher");
    const routes = await runCommand(["docker", "exec", leecher?.id ?? "", "cat", "/proc/net/route"]);
    const destinations = routes
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(/\s+/)[1]);
    expect(destinations).toHaveLength(2);
    expect(destinations).not.toContain("00000000");
  });

  test("changes the link of one node", async () => {
    const response = await fetch(`${agentUrl}/api/links/leecher.3`, {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ link: "delay=40ms" }),
    });
    expect(response.status).toBe(200);
    await eventually("the node has measured its new link", 30_000, async () => {
      const { nodes } = await getJson(`${agentUrl}/api/links`, linksSchema);
      const node = nodes.find(({ node }) => node === `${name}_leecher.3`);
      return (node?.link.includes("delay=40ms") && node.state === "certified") || undefined;
    });
  });

  test("leaves nothing but its named volumes, and with them nothing", async () => {
    await stack.remove();
    const slots = leechers.map((node) => node.slice(name.length + 1));
    const grafana = process.env.SWARMLAB_WITHOUT_GRAFANA === "1" ? [] : ["grafana"];
    expect(await stack.volumes()).toEqual(
      ["agent", "content", ...grafana, ...slots, "prometheus", "seeder", "tracker"].sort(),
    );
    await stack.removeVolumes();
    expect(await allVolumes()).toBe(volumesBefore);
  });

  /** Of the tasks that Prometheus sees now. */
  async function verifiedBytes(): Promise<ReadonlyMap<string, number>> {
    return byNode('swarmlab_peer_torrent_verified_bytes{role="leecher"}');
  }

  async function complete(): Promise<void> {
    await eventually("all leechers are complete", 120_000, async () => {
      const verified = await verifiedBytes();
      return leechers.every((node) => verified.get(node) === contentBytes) || undefined;
    });
  }
});

function query(expression: string) {
  return queryPrometheus(`http://127.0.0.1:${ports.PROMETHEUS_PORT}`, expression);
}

async function byNode(expression: string): Promise<ReadonlyMap<string, number>> {
  const values = await query(expression);
  return new Map(values.map(({ labels, value }) => [labels.node ?? "", value]));
}

/** Those without a name of their own, too. */
async function allVolumes(): Promise<string> {
  return (await runCommand(["docker", "volume", "ls", "--quiet"])).split("\n").sort().join("\n");
}
