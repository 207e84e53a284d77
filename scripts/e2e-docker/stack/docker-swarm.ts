import { spawnSync } from "node:child_process";
import type { Scope } from "../../process/scope.js";
import { runCommand } from "../command.js";
import { eventually } from "../compose-project.js";

const leaving = ["swarm", "leave", "--force"] as const;
/** Made by the engine when it enters a swarm, and left behind when it leaves. */
const bridge = "docker_gwbridge";

/** Makes this engine a swarm of one host, unless it manages one already; the scope undoes it. */
export async function enterSwarm(scope: Scope): Promise<void> {
  const asked = ["docker", "info", "--format={{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}"] as const;
  const state = (await runCommand(asked)).trim();
  if (state === "active true") return;
  if (state !== "inactive false")
    throw new Error(`this engine is in a swarm that it does not manage: ${state}`);
  const before = await runCommand(["docker", "network", "ls", "--quiet", `--filter=name=^${bridge}$`]);
  await runCommand(["docker", "swarm", "init", "--advertise-addr=127.0.0.1"]);
  scope.add({
    close: async () => {
      await runCommand(["docker", ...leaving]);
      if (before.trim() !== "") return;
      // The engine's own end of it goes a moment after the swarm.
      await eventually(`${bridge} is removed`, 30_000, () => runCommand(["docker", "network", "rm", bridge]));
    },
    closeNow: () => spawnSync("docker", leaving, { stdio: "ignore" }),
  });
}
