import { spawn } from "node:child_process";
import { once } from "node:events";
import { findProgram } from "../process/find-program.js";

/** Set to `1` in the environment of an isolated command. */
const marker = "SWARMLAB_ISOLATED";

const programs = { unshare: "util-linux", ip: "iproute2", tc: "iproute2", ethtool: "ethtool" };

/** `$@` is not the last command, so that the shell stays as process 1, which no signal but SIGKILL ends by surprise. */
const init = [
  "set -e",
  "ip link set lo up",
  "mount -t tmpfs tmpfs /run",
  "mkdir /run/netns",
  "mount -t tmpfs tmpfs /dev/shm",
  "set +e",
  '"$@"',
  "exit $?",
].join("\n");

export function isIsolated(): boolean {
  return process.env[marker] === "1";
}

/**
 * Runs a command in network, mount and process namespaces of its own, as root inside, and gives its exit code.
 * It finds an empty loopback network, an empty list of named network namespaces, and temporary files in memory. When
 * it ends, however it ends, the kernel removes all that it made: processes, networks, mounts, temporary files.
 *
 * Needs root, or a kernel that lets users make user namespaces. Throws an Error that says what is missing.
 */
export async function runIsolated(command: readonly string[]): Promise<number> {
  for (const [program, debianPackage] of Object.entries(programs)) {
    if (!findProgram(program)) throw new Error(`${program} is missing (Debian's package ${debianPackage})`);
  }
  const asRoot = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  const namespaces = [...asRoot, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  await assertAllowed(namespaces);
  const child = spawn("unshare", [...namespaces, "sh", "-c", init, "sh", ...command], {
    stdio: "inherit",
    env: { ...process.env, [marker]: "1", TMPDIR: "/dev/shm" },
  });
  // Ctrl-C reaches the command itself; a signal to this process alone is answered by ending all.
  const end = (): void => {
    child.kill("SIGKILL");
  };
  const ignore = (): void => {};
  process.on("SIGINT", ignore).on("SIGTERM", end).on("exit", end);
  const [code] = await once(child, "exit");
  process.off("SIGINT", ignore).off("SIGTERM", end).off("exit", end);
  return typeof code === "number" ? code : 1;
}

async function assertAllowed(namespaces: readonly string[]): Promise<void> {
  const probe = spawn(
    "unshare",
    [...namespaces, "sh", "-c", "ip link set lo up && mount -t tmpfs tmpfs /run"],
    {
      stdio: "ignore",
    },
  );
  const [code] = await once(probe, "exit");
  if (code !== 0) {
    throw new Error(
      "network namespaces cannot be made here: run this as root, in a container with the capability SYS_ADMIN, " +
        "or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1)",
    );
  }
}
