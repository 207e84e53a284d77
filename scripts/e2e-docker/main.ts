import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const config = fileURLToPath(new URL("vitest.config.ts", import.meta.url));
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");

const command = [vitest, "run", `--config=${config}`, ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: "inherit" });
process.exitCode = status ?? 1;
