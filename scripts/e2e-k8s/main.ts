import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { images } from "./images.js";

const usage = `usage: npm run e2e:k8s [-- arguments of vitest]
Runs the demo of k8s/ on the cluster that KUBECONFIG names, which must be able to get the images, in a namespace of its
own that it removes. Without KUBECONFIG on a cluster of one node by scripts/k8s-node (Debian, root), which it builds when
that was never done (3 to 7 minutes), starts, and removes.`;
const root = fileURLToPath(new URL("../..", import.meta.url));
const config = fileURLToPath(new URL("vitest.config.ts", import.meta.url));
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");

const ended = new AbortController();
// Who is told to end ends its children first: a terminal tells all of them at once.
process.on("SIGINT", () => ended.abort()).on("SIGTERM", () => ended.abort());
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(filters: readonly string[]): Promise<number> {
  if (filters.includes("--help")) {
    console.log(usage);
    return 0;
  }
  const test = (env: NodeJS.ProcessEnv) =>
    run([process.execPath, vitest, "run", `--config=${config}`, ...filters], env);
  if (process.env.KUBECONFIG !== undefined) return test({});
  return withCluster((kubeconfig) => test({ KUBECONFIG: kubeconfig, SWARMLAB_WITHOUT_GRAFANA: "1" }));
}

/** A cluster of one node with images of this checkout. Its state is its own, so that no other cluster is ended with it. */
async function withCluster(use: (kubeconfig: string) => Promise<number>): Promise<number> {
  const state = await mkdtemp(join(tmpdir(), "swarmlab-e2e-k8s-"));
  let code = 1;
  try {
    await script("build.sh");
    await script("start.sh", "--state", state);
    for (const { target, name } of images) {
      if (target === undefined) continue;
      const options = ["--file=docker/Dockerfile", `--target=${target}`, `--tag=${name}`];
      await succeed(["docker", "build", ...options, "."]);
    }
    await script("load-images.sh", "--state", state, ...images.map(({ name }) => name));
    code = await use(join(state, "admin.kubeconfig"));
  } finally {
    await run([scriptPath("stop.sh"), "--state", state]);
    if (code === 0) await rm(state, { recursive: true });
    else console.error(`the cluster's logs are in ${join(state, "logs")}`);
  }
  return code;
}

function script(name: string, ...args: readonly string[]): Promise<void> {
  return succeed([scriptPath(name), ...args]);
}

function scriptPath(name: string): string {
  return join(root, "scripts", "k8s-node", name);
}

async function succeed(command: readonly string[]): Promise<void> {
  ended.signal.throwIfAborted();
  const code = await run(command);
  if (code !== 0) throw new Error(`${command.slice(0, 2).join(" ")} ended with ${code}`);
}

/** Resolves with the exit code. */
async function run([program = "", ...args]: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const child = spawn(program, args, { cwd: root, env: { ...process.env, ...env }, stdio: "inherit" });
  const end = () => child.kill("SIGTERM");
  ended.signal.addEventListener("abort", end, { once: true });
  try {
    const [code] = await once(child, "exit");
    return typeof code === "number" ? code : 1;
  } finally {
    ended.signal.removeEventListener("abort", end);
  }
}
