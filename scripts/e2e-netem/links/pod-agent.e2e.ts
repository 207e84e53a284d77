import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type NodeLink, nodeLinkListSchema } from "@swarmlab/agent-api/node-link";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ping } from "../instruments/ping.js";
import { median } from "../instruments/statistics.js";
import { expectRtt } from "./expectations.js";
import { createNetemLab, interfaceName, type LabNode, type NetemLab } from "./netem-lab.js";

// The agent as it runs beside a peer in a pod: in the network namespace that it shapes, with NET_ADMIN and nothing else.

const main = fileURLToPath(new URL("../../../services/agent/dist/main.js", import.meta.url));
/** Root without any capability but this one, and no way to get more. */
const netAdminAlone = ["--no-new-privs", "--inh-caps=-all", "--bounding-set=-all,+net_admin"];
const noCapability = ["--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"];
const fetchProgram = "fetch(process.argv[1]).then((r) => r.text()).then(console.log)";

let lab: NetemLab<"pod" | "core">;
let directory: string;
let children: ChildProcess[];

beforeAll(async () => {
  lab = await createNetemLab(["pod", "core"]);
  directory = await mkdtemp(join(tmpdir(), "swarmlab-pod-agent-"));
  children = [];
});
afterAll(async () => {
  await Promise.all(children.map(stop));
  await lab.close();
  await rm(directory, { recursive: true, force: true });
});

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

function start({ namespacePath }: LabNode, privileges: readonly string[], args: readonly string[]) {
  const program = ["setpriv", ...privileges, "--", process.execPath, main, ...args];
  const child = spawn("nsenter", [`--net=${namespacePath}`, "--", ...program], { stdio: "inherit" });
  children.push(child);
  return child;
}

async function annotate(link: string): Promise<void> {
  await writeFile(join(directory, "annotations"), `example="a \\"b\\""\nswarmlab.io/link="${link}"`);
}

function startPodAgent(): ChildProcess {
  const { pod, core } = lab.nodes;
  const here = [
    "--node",
    "leecher-0",
    "--address",
    pod.ipv4,
    "--annotations",
    join(directory, "annotations"),
  ];
  const outside = [
    "--echo-server",
    `${core.ipv4}:9201`,
    "--unshaped-ports",
    "9200",
    "--link-backend",
    "netem",
  ];
  const args = ["--scope", "pod", ...here, ...outside, "--data", join(directory, "data")];
  return start(pod, netAdminAlone, args);
}

/** The pod's link, once it is certified as this. */
async function certified(link: string): Promise<NodeLink> {
  for (;;) {
    const { nodes } = await lab.nodes.pod.commands
      .run(process.execPath, ["-e", fetchProgram, "http://127.0.0.1:9200/api/links"])
      .then((text) => nodeLinkListSchema.parse(JSON.parse(text)))
      .catch(() => ({ nodes: [] }));
    const [node] = nodes;
    if (node?.link === link && node.state === "certified") return node;
    await delay(200);
  }
}

async function measured(): Promise<number> {
  const { pod, core } = lab.nodes;
  return median((await ping(pod.commands, core.ipv4)).rttMs);
}

describe("an agent in a pod, with NET_ADMIN alone", () => {
  it("puts the pod on its link and certifies it by TCP", async () => {
    start(lab.nodes.core, noCapability, ["--scope", "echo"]);
    await annotate("up=10mbit,down=20mbit,delay=25ms");
    const agent = startPodAgent();
    const node = await certified("up=10mbit,down=20mbit,delay=25ms");
    expect(node).toMatchObject({ backend: "netem", certificate: { rtt: { declaredMs: 50 } } });
    expectRtt(node.certificate?.rtt.measuredMs ?? Number.NaN, 50);
    expectRtt(await measured(), 50);
    await annotate("delay=40ms");
    expectRtt((await certified("delay=40ms")).certificate?.rtt.measuredMs ?? Number.NaN, 80);
    expectRtt(await measured(), 80);
    await stop(agent);
    expect(agent.exitCode).toBe(0);
  });

  it("leaves the link in place when it ends", async () => {
    const qdiscs = await lab.nodes.pod.commands.run("tc", ["qdisc", "show", "dev", interfaceName]);
    expect(qdiscs).toMatch(/netem .*delay 40ms/);
    expectRtt(await measured(), 80);
  });
});
