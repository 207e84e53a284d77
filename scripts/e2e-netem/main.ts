import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runIsolated } from "../netns/isolate.js";

// Links by the real kernel. Run as it is, it runs itself again where the kernel has netem: here, or in a guest.

const again = "--with-netem";
const usage = `usage: npm run e2e:netem [-- links|agent|compose [arguments of vitest]]
  links     tc-wrapper and the kernel, in network namespaces
  agent     the agent and single containers (needs a Docker Engine)
  compose   a whole swarm in containers (needs a Docker Engine)
Without one of them, all.`;
const images = [
  ...["tracker", "peer", "agent", "aria2"].map((name) => `swarmlab/${name}`),
  "prom/prometheus:v2.53.2",
];
const nodeImage = process.env.NODE_IMAGE ?? "node:24-bookworm-slim";
const root = fileURLToPath(new URL("../..", import.meta.url));
const compose = ["compose", "--file=compose.yaml", "--file=compose/aria2.yaml"];

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main([suite, ...filters]: readonly string[]): Promise<number> {
  switch (suite) {
    case again:
      await growReceiveBuffers();
      return runIsolated([process.execPath, ...vitest("vitest.config.ts"), ...filters]);
    case "links":
      return testLinks(filters);
    case "compose":
      return testCompose(filters);
    case "agent":
      return testAgent(filters);
    case undefined:
      return (await testLinks([])) || (await testAgent([])) || (await testCompose([]));
    default:
      console.error(usage);
      return suite === "--help" ? 0 : 2;
  }
}

function testLinks(filters: readonly string[]): Promise<number> {
  const self = [process.execPath, "--import", "tsx", fileURLToPath(import.meta.url), again];
  return run([guest("run.sh"), "--timeout", "15m", ...self, ...filters]);
}

/**
 * Receivers of datagrams share the guest's one slow processor with all else, and must not lose any. A setting of the whole
 * kernel: the guest's ends with it, that of another machine is left alone.
 */
async function growReceiveBuffers(): Promise<void> {
  if (process.env.SWARMLAB_NETEM_GUEST === "1")
    await writeFile("/proc/sys/net/core/rmem_max", String(2 ** 26));
}

function testAgent(filters: readonly string[]): Promise<number> {
  const tests = [process.execPath, ...vitest("../e2e-docker/vitest.config.ts"), "agent", ...filters];
  return run([guest("docker.sh"), "--timeout", "10m", "--image", nodeImage, ...tests]);
}

/** Images are made by this host's engine, which is faster and reaches the mirrors of packages. */
async function testCompose(filters: readonly string[]): Promise<number> {
  const built = await run(["docker", ...compose, "build", "--quiet", "tracker", "seeder", "agent", "aria2"]);
  if (built !== 0) return built;
  const tests = [process.execPath, ...vitest("compose/vitest.config.ts"), ...filters];
  const copied = images.flatMap((image) => ["--image", image]);
  return run([guest("docker.sh"), "--timeout", "15m", ...copied, ...tests]);
}

function guest(script: string): string {
  return fileURLToPath(new URL(`../netem-guest/${script}`, import.meta.url));
}

function vitest(config: string): string[] {
  const folder = dirname(createRequire(import.meta.url).resolve("vitest/package.json"));
  const path = fileURLToPath(new URL(config, import.meta.url));
  return [join(folder, "vitest.mjs"), "run", `--config=${path}`];
}

async function run([program = "", ...args]: readonly string[]): Promise<number> {
  const child = spawn(program, args, { cwd: root, stdio: "inherit" });
  const [code] = await once(child, "exit");
  return typeof code === "number" ? code : 1;
}
