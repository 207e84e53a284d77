import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runIsolated } from "../netns/isolate.js";

const vitestFolder = dirname(createRequire(import.meta.url).resolve("vitest/package.json"));
const config = fileURLToPath(new URL("vitest.config.ts", import.meta.url));

try {
  const vitest = [process.execPath, join(vitestFolder, "vitest.mjs"), "run", `--config=${config}`];
  process.exitCode = await runIsolated([...vitest, ...process.argv.slice(2)]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
