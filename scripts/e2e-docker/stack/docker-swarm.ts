import { spawnSync } from "node:child_process";
import type { Scope } from "../../process/scope.js";
import { runCommand } from "../command.js";
import { eventually } from "../compose-project.js";

const leaving = ["swarm", "leave", "--force"] as const;
/** Made by the engine when it enters a swarm, and left behind when it leaves. */
const bridge = "docker_gwbridge";
/** Of the node of a swarm that a run has made; says whether the bridge was there before. */
const mark = "swarmlab.e2e.swarm";
const bridgeStates = ["bridge-found", "bridge-made"] as const;
type BridgeState = (typeof bridgeStates)[number];

/**
 * Makes this engine a swarm of one host, unless it manages one already; the scope undoes it. A swarm that an earlier run
 * has made and could not leave is taken for this one's.
 */
export async function enterSwarm(scope: Scope): Promise<void> {
  const asked = ["docker", "info", "--format={{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}"] as const;
  const state = (await runCommand(asked)).trim();
  if (state === "active true") {
    const left = await markOfSwarm();
    if (left !== undefined) leaveAtEnd(scope, left);
    return;
  }
  if (state !== "inactive false")
    throw new Error(`this engine is in a swarm that it does not manage: ${state}`);
  const before = await runCommand(["docker", "network", "ls", "--quiet", `--filter=name=^${bridge}$`]);
  const bridgeState = before.trim() === "" ? "bridge-made" : "bridge-found";
  leaveAtEnd(scope, bridgeState);
  await runCommand(["docker", "swarm", "init", "--advertise-addr=127.0.0.1"]);
  await runCommand(["docker", "node", "update", `--label-add=${mark}=${bridgeState}`, await ownNode()]);
}

function leaveAtEnd(scope: Scope, bridgeState: BridgeState): void {
  scope.add({
    close: async () => {
      await runCommand(["docker", ...leaving]);
      if (bridgeState === "bridge-found") return;
      // The engine's own end of it goes a moment after the swarm.
      await eventually(`${bridge} is removed`, 30_000, () => runCommand(["docker", "network", "rm", bridge]));
    },
    closeNow: () => {
      spawnSync("docker", leaving, { stdio: "ignore" });
      if (bridgeState === "bridge-made") spawnSync("docker", ["network", "rm", bridge], { stdio: "ignore" });
    },
  });
}

/** Undefined when this swarm is not ours. */
async function markOfSwarm(): Promise<BridgeState | undefined> {
  const format = `--format={{index .Spec.Labels "${mark}"}}`;
  const value = (await runCommand(["docker", "node", "inspect", format, await ownNode()])).trim();
  return bridgeStates.find((known) => known === value);
}

async function ownNode(): Promise<string> {
  return (await runCommand(["docker", "info", "--format={{.Swarm.NodeID}}"])).trim();
}
