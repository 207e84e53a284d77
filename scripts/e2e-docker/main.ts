import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "./command.js";

const config = fileURLToPath(new URL("vitest.config.ts", import.meta.url));
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");

try {
  await requireEngine();
  const env = { ...process.env, ...((await hasGrafana()) ? {} : { SWARMLAB_WITHOUT_GRAFANA: "1" }) };
  const command = [vitest, "run", `--config=${config}`, ...process.argv.slice(2)];
  const child = spawn(process.execPath, command, { env, stdio: "inherit" });
  const [code] = await once(child, "exit");
  process.exitCode = typeof code === "number" ? code : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function requireEngine(): Promise<void> {
  try {
    await runCommand(["docker", "version"]);
    await runCommand(["docker", "compose", "version"]);
  } catch (cause) {
    const advice =
      "no Docker Engine with Compose v2 answers; on Debian scripts/docker-host/install.sh installs one and " +
      "scripts/docker-host/start.sh starts it";
    throw new Error(advice, { cause });
  }
}

/** Its image can be had from a registry only. */
async function hasGrafana(): Promise<boolean> {
  const image = /image: (grafana\/\S+)/.exec(
    await runCommand(["docker", "compose", "config"], {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
    }),
  )?.[1];
  if (image === undefined) throw new Error("compose.yaml has no Grafana");
  try {
    await runCommand(["docker", "image", "inspect", image]);
    return true;
  } catch {
    // Not here yet.
  }
  try {
    await runCommand(["docker", "pull", "--quiet", image], { timeoutMs: 600_000 });
    return true;
  } catch {
    console.error(`${image} cannot be had here: all else is tested without it`);
    return false;
  }
}
