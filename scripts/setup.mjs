// Makes a fresh clone ready to run: checks Node, installs packages, builds. Says nothing when there is nothing to do.
// Runs before anything is installed, so it uses nothing but Node.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const neededNode = [20, 19];
const lockFile = join(root, "package-lock.json");
/** npm's own record of what it has installed. */
const installedLockFile = join(root, "node_modules", ".package-lock.json");
/** Holds the hash of the lock file that node_modules was installed from. */
const stamp = join(root, "node_modules", ".swarmlab-setup");
/** A directory while a setup runs: of two at once, the second waits. */
const busy = join(root, ".cache", "setup-is-running");
const abandonedMs = 10 * 60_000;

try {
  checkNode();
  await waitForTurn();
  try {
    install();
    build();
  } finally {
    rmSync(busy, { recursive: true, force: true });
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [neededMajor, neededMinor] = neededNode;
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return;
  throw new Error(`Swarmlab needs Node ${neededNode.join(".")} or later; this is ${process.version}.`);
}

async function waitForTurn() {
  mkdirSync(join(root, ".cache"), { recursive: true });
  for (;;) {
    try {
      mkdirSync(busy);
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (Date.now() - modifiedMs(busy) > abandonedMs) rmSync(busy, { recursive: true, force: true });
    else await sleep(200);
  }
}

function install() {
  const wanted = createHash("sha256").update(readFileSync(lockFile)).digest("hex");
  const installed = existsSync(stamp)
    ? readFileSync(stamp, "utf8") === wanted
    : existsSync(installedLockFile) && modifiedMs(installedLockFile) >= modifiedMs(lockFile);
  // Not `npm ci`: that refuses a lock file without the native packages of other platforms, which some registries lack.
  // Versions are those of the lock file all the same, and it is left as it is.
  if (!installed) run("npm", ["install", "--no-save", "--ignore-scripts"]);
  writeFileSync(stamp, wanted);
}

/** Incremental: a second or two when nothing has changed. */
function build() {
  run(process.execPath, [
    join(root, "node_modules", "typescript", "bin", "tsc"),
    "-b",
    "tsconfig.build.json",
  ]);
}

function run(program, args) {
  // On Windows npm is a script, which only a shell starts.
  const shell = process.platform === "win32" && program === "npm";
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: "inherit", shell });
  if (error) throw new Error(`${program} could not be started: ${error.message}`);
  if (status !== 0) throw new Error(`${[program, ...args].join(" ")} failed.`);
}

/** Now, when there is no such file (any more). */
function modifiedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
}
