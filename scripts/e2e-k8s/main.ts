import { execFileSync, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { images } from "./images.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const config = fileURLToPath(new URL("vitest.config.ts", import.meta.url));
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
const node = join(root, "scripts", "k8s-node");

// The cluster that KUBECONFIG names can get the images from somewhere; our own has what it is given.
const isOwnCluster = process.env.KUBECONFIG === undefined;
try {
  const command = [vitest, "run", `--config=${config}`, ...process.argv.slice(2)];
  const env = isOwnCluster ? { ...process.env, ...startCluster() } : process.env;
  const { status } = spawnSync(process.execPath, command, { cwd: root, env, stdio: "inherit" });
  process.exitCode = status ?? 1;
} finally {
  if (isOwnCluster) execFileSync(join(node, "stop.sh"), { stdio: "inherit" });
}

/** A cluster of one node with images of this checkout; gives the variable that names it. */
function startCluster(): NodeJS.ProcessEnv {
  const own = images.filter(({ target }) => target !== undefined);
  for (const { target, name } of own) {
    const build = ["build", "--file", "docker/Dockerfile", "--target", target ?? "", "--tag", name, "."];
    execFileSync("docker", build, { cwd: root, stdio: "inherit" });
  }
  const printed = execFileSync(join(node, "start.sh"), {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const names = images.map(({ name }) => name);
  execFileSync(join(node, "load-images.sh"), names, { stdio: "inherit" });
  const kubeconfig = /^KUBECONFIG=(.+)$/m.exec(printed)?.[1] ?? "";
  return { KUBECONFIG: kubeconfig, SWARMLAB_WITHOUT_GRAFANA: "1" };
}
