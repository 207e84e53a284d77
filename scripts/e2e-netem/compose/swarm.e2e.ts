import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { runCommand } from "../../e2e-docker/command.js";
import { ComposeProject, type Container, eventually } from "../../e2e-docker/compose-project.js";
import { getJson, metricValues } from "../../e2e-docker/http.js";
import { Scope } from "../../process/scope.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const leechers = 3;
/** One way, of a leecher and of the seeder. */
const leecherDelayMs = 20;
const seederDelayMs = 10;

const linksSchema = z.object({
  nodes: z.array(
    z.object({
      node: z.string(),
      state: z.string(),
      backend: z.string(),
      link: z.string(),
      certificate: z.object({ rtt: z.object({ declaredMs: z.number(), measuredMs: z.number() }) }).nullable(),
      queues: z
        .object({ up: z.object({ sentBytes: z.number() }), down: z.object({ sentBytes: z.number() }) })
        .nullable(),
    }),
  ),
});
const rateSchema = z.object({ declaredBitsPerSecond: z.number(), measuredBitsPerSecond: z.number() });
const measurementSchema = z.object({ certificate: z.object({ up: rateSchema, down: rateSchema }) });
const targetsSchema = z.object({
  data: z.object({ activeTargets: z.array(z.object({ health: z.string() })) }),
});
const stateSchema = z.object({ completedAt: z.string().nullable() });

/** The tests go on with what those before them have left: one swarm from its start to its end. */
describe("docker compose up with a kernel that has netem", () => {
  const scope = new Scope();
  let project: ComposeProject;

  beforeAll(async () => {
    project = await ComposeProject.open(scope, "swarmlab-netem", {
      COMPOSE_FILE: "compose.yaml:compose/aria2.yaml",
      LEECHERS: String(leechers),
      CONTENT_SIZE: "4MiB",
      LINK_BACKEND: "netem",
      SEEDER_LINK: `up=8mbit,down=16mbit,delay=${seederDelayMs}ms`,
      LEECHER_LINK: `up=8mbit,down=16mbit,delay=${leecherDelayMs}ms`,
      ARIA2_LINK: "up=8mbit,down=16mbit,delay=15ms",
    });
  });

  afterAll(() => scope.close());

  test("puts every node behind a link of the kernel that is as declared", async () => {
    const services = ["tracker", "agent", "seeder", "leecher", "aria2"];
    await project.compose(["up", "--detach", "--no-build", ...services]);
    const nodes = await eventually("all links are certified", 120_000, async () => {
      const { nodes } = await links();
      return nodes.length === leechers + 2 && nodes.every(({ state }) => state === "certified")
        ? nodes
        : undefined;
    });
    for (const { node, backend, certificate } of nodes) {
      expect(backend, node).toBe("netem");
      expect(certificate?.rtt.measuredMs, node).toBeGreaterThan(0.95 * (certificate?.rtt.declaredMs ?? 0));
    }
  });

  test("completes, and every peer says that the kernel makes its link", async () => {
    const containers = await project.containers("leecher");
    await eventually("all leechers are complete", 240_000, async () => {
      const states = await Promise.all(
        containers.map(({ addresses }) => getJson(`http://${addresses.control}:9100/api/state`, stateSchema)),
      );
      return states.every(({ completedAt }) => completedAt !== null) || undefined;
    });
    for (const { addresses } of containers) {
      const url = `http://${addresses.control}:9100/metrics`;
      const [info] = await metricValues(url, "swarmlab_peer_link_backend_info");
      expect(info).toMatchObject({ labels: { backend: "netem" }, value: 1 });
    }
  });

  test("has aria2 complete as one of the nodes, its bytes counted in the kernel's queues", async () => {
    const aria2 = await project.container("aria2");
    const [seeder] = await project.containers("seeder");
    const hash = ["sha256sum", "/data/content/content.bin"];
    const expected = await runCommand(["docker", "exec", seeder?.id ?? "", ...hash]);
    await eventually("aria2 has all of it", 120_000, async () => {
      const found = await runCommand(["docker", "exec", aria2.id, ...hash]);
      return found === expected || undefined;
    });
    await eventually("the kernel has counted them", 150_000, async () => {
      const node = (await links()).nodes.find(({ node }) => node === aria2.name);
      return (node?.queues?.down.sentBytes ?? 0) > 4 * 1024 * 1024 || undefined;
    });
  });

  test("has round trips between two peers within 10 % of what was declared", async () => {
    const [first, second] = await project.containers("leecher");
    const seeder = await project.container("seeder");
    const between = 2 * (leecherDelayMs + leecherDelayMs);
    expect(Math.abs((await pingMs(first, second)) - between)).toBeLessThan(0.1 * between);
    const toSeeder = 2 * (leecherDelayMs + seederDelayMs);
    expect(Math.abs((await pingMs(second, seeder)) - toSeeder)).toBeLessThan(0.1 * toSeeder);
  });

  test("measures rates in both directions, which are as declared", async () => {
    const url = `${await agentUrl()}/api/links`;
    const factors = [];
    for (const { node } of (await links()).nodes) {
      const answer = await fetch(`${url}/${node}/measurement?rate=true`, { method: "POST" });
      const { certificate } = measurementSchema.parse(await answer.json());
      factors.push({ node, up: factorOf(certificate.up), down: factorOf(certificate.down) });
    }
    const off = factors.filter(({ up, down }) => Math.abs(up - 1) > 0.05 || Math.abs(down - 1) > 0.05);
    expect(off, JSON.stringify(factors)).toEqual([]);
  });

  test("changes a link while it runs, and keeps what was not named", async () => {
    const [first] = await project.containers("leecher");
    const answer = await fetch(`${await agentUrl()}/api/links/${first?.name}`, {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ link: "delay=40ms" }),
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      link: "up=8mbit,down=16mbit,delay=40ms",
      origin: "changed",
    });
    await eventually("the changed link is certified", 30_000, async () => {
      const node = (await links()).nodes.find(({ node }) => node === first?.name);
      return (node?.state === "certified" && node.certificate?.rtt.declaredMs === 80) || undefined;
    });
  });

  test("parts the network and heals it", async () => {
    const [first, second, third] = await project.containers("leecher");
    const url = `${await agentUrl()}/api/partition`;
    const groups = [[first?.name], [second?.name, third?.name]];
    const parted = await fetch(url, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ groups }),
    });
    expect(parted.status).toBe(200);
    await expect(pingMs(first, second)).rejects.toThrow();
    expect(await pingMs(second, third)).toBeGreaterThan(0);
    await fetch(url, { method: "DELETE" });
    expect(await pingMs(first, second)).toBeGreaterThan(0);
  });

  test("keeps links through a killed agent", async () => {
    const agent = await project.container("agent");
    const [, second, third] = await project.containers("leecher");
    await runCommand(["docker", "kill", agent.id]);
    const declared = 4 * leecherDelayMs;
    expect(Math.abs((await pingMs(second, third)) - declared)).toBeLessThan(0.1 * declared);
    await runCommand(["docker", "start", agent.id]);
    await eventually("all links are certified again", 120_000, async () => {
      const { nodes } = await links();
      return (
        (nodes.length === leechers + 2 && nodes.every(({ state }) => state === "certified")) || undefined
      );
    });
  });

  test("has data for every query of the dashboard Links, once another leecher has come", async () => {
    // Only now: with one slow processor, what watches would disturb what is watched.
    await project.compose(["up", "--detach", "--no-build", "--no-deps", "prometheus"]);
    const { addresses } = await project.container("prometheus");
    const prometheusUrl = `http://${addresses.control}:9090`;
    await eventually("every target is scraped", 120_000, async () => {
      const { data } = await getJson(`${prometheusUrl}/api/v1/targets?state=active`, targetsSchema);
      const up = data.activeTargets.filter(({ health }) => health === "up");
      return up.length === leechers + 4 || undefined;
    });
    // A slow line, for a download of 17 s: a busy guest's targets do not answer every scrape.
    project.set({ LEECHER_LINK: `up=2mbit,down=2mbit,delay=${leecherDelayMs}ms` });
    const scaled = `leecher=${leechers + 1}`;
    await project.compose(["up", "--detach", "--no-build", "--no-recreate", "--scale", scaled, "leecher"]);
    const program = "scripts/dashboards/run-queries.ts";
    const node = [process.execPath, "--import", "tsx"] as const;
    await eventually("every query has data", 180_000, async () => {
      await runCommand([...node, program, prometheusUrl, "--minutes", "4", "--strict", "links"], {
        cwd: root,
      });
      return true;
    });
  });

  async function agentUrl(): Promise<string> {
    const { addresses } = await project.container("agent");
    return `http://${addresses.control}:9200`;
  }

  async function links() {
    return getJson(`${await agentUrl()}/api/links`, linksSchema);
  }
});

/** Measured of declared. */
function factorOf({ declaredBitsPerSecond, measuredBitsPerSecond }: z.infer<typeof rateSchema>): number {
  return measuredBitsPerSecond / declaredBitsPerSecond;
}

/** The median of a few round trips from one container to another. Rejects when there are none. */
async function pingMs(from: Container | undefined, to: Container | undefined): Promise<number> {
  const pid = (await runCommand(["docker", "inspect", "--format={{.State.Pid}}", from?.id ?? ""])).trim();
  const output = await runCommand([
    "nsenter",
    `--net=/proc/${pid}/ns/net`,
    "ping",
    "-n",
    "-c",
    "7",
    "-i",
    "0.2",
    "-W",
    "2",
    to?.addresses.swarm ?? "",
  ]);
  const times = Array.from(output.matchAll(/time=([\d.]+) ms/g), (found) => Number(found[1])).sort(
    (a, b) => a - b,
  );
  const median = times[Math.floor(times.length / 2)];
  if (median === undefined) throw new Error(`no answer:\n${output}`);
  return median;
}
