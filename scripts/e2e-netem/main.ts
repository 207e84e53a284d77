import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runIsolated } from "../netns/isolate.js";

// Links by the real kernel. Run as it is, it runs itself again where the kernel has netem: here, or in a guest.

const again = "--with-netem";
const [first, ...rest] = process.argv.slice(2);

try {
  process.exitCode = first === again ? await runTests(rest) : await runWithNetem(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function runTests(filters: readonly string[]): Promise<number> {
  // Receivers that share one slow processor with all else need room; the guest's settings end with it.
  if (process.env.SWARMLAB_NETEM_GUEST === "1")
    await writeFile("/proc/sys/net/core/rmem_max", String(2 ** 26));
  const vitestFolder = dirname(createRequire(import.meta.url).resolve("vitest/package.json"));
  const config = fileURLToPath(new URL("vitest.config.ts", import.meta.url));
  const vitest = [process.execPath, join(vitestFolder, "vitest.mjs"), "run", `--config=${config}`];
  return runIsolated([...vitest, ...filters]);
}

async function runWithNetem(filters: readonly string[]): Promise<number> {
  const guest = fileURLToPath(new URL("../netem-guest/run.sh", import.meta.url));
  const self = [process.execPath, "--import", "tsx", fileURLToPath(import.meta.url), again];
  const child = spawn(guest, ["--timeout", "15m", ...self, ...filters], { stdio: "inherit" });
  const [code] = await once(child, "exit");
  return typeof code === "number" ? code : 1;
}
