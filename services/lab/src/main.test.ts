import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));

const hasProc = existsSync("/proc/self/cmdline");

/** The processes whose command line contains `part`; none where the system has no /proc. */
function processesWith(part: string): number[] {
  if (!hasProc) return [];
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids.filter((pid) => {
    try {
      return pid !== process.pid && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(part);
    } catch {
      return false;
    }
  });
}

describe("swarmlab run", () => {
  let folder: string;
  let lab: ChildProcess | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "swarmlab-main-test-"));
  });
  afterEach(async () => {
    lab?.kill("SIGKILL");
    await rm(folder, { recursive: true });
  });

  const start = (...flags: string[]) => {
    const child = spawn(process.execPath, [main, "run", `--dir=${join(folder, "runs")}`, ...flags], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    lab = child;
    return { child, stdout: text(child.stdout), exited: once(child, "exit") };
  };
  /** A run whose leechers are at work, and will be for minutes. */
  const startLongRun = async () => {
    const run = start("--leechers=2", "--link=up=500kbit");
    for await (const line of createInterface({ input: run.child.stderr })) {
      if (line === "starting 2 leechers") break;
    }
    run.child.stderr.resume();
    // The lab and its four nodes.
    await expect.poll(() => processesWith(folder).length, { timeout: 5000 }).toBe(hasProc ? 5 : 0);
    return run;
  };

  it("prints a report in JSON, and leaves nothing behind", async () => {
    const { stdout, exited } = start("--size=2MiB", "--leechers=2", "--link=up=40mbit", "--json");
    expect(await exited).toEqual([0, null]);
    expect(JSON.parse(await stdout)).toMatchObject({
      isVerified: true,
      content: { totalBytes: 2 * 2 ** 20 },
      theory: { kind: "bound" },
      copies: [{ name: "leecher-1" }, { name: "leecher-2" }],
    });
    expect(await readdir(join(folder, "runs"))).toEqual([]);
    expect(processesWith(folder)).toEqual([]);
  });

  it("shares a folder, prints a report, and keeps the copies when asked to", async () => {
    await mkdir(join(folder, "shared/below"), { recursive: true });
    await writeFile(join(folder, "shared/one"), "1");
    await writeFile(join(folder, "shared/below/empty"), "");
    const { stdout, exited } = start(`--file=${join(folder, "shared")}`, "--leechers=1", "--keep");
    expect(await exited).toEqual([0, null]);
    expect(await stdout).toContain("1 of 1 equal the source, byte for byte");
    const [run = ""] = await readdir(join(folder, "runs"));
    expect(readFileSync(join(folder, "runs", run, "leecher-1/shared/one"), "utf8")).toBe("1");
  });

  it("stops everything on SIGINT, and leaves nothing behind", async () => {
    const { child, exited } = await startLongRun();
    child.kill("SIGINT");
    expect(await exited).toEqual([130, null]);
    expect(processesWith(folder)).toEqual([]);
    expect(await readdir(join(folder, "runs"))).toEqual([]);
  });

  it("takes its nodes with it when it is killed", async () => {
    const { child, exited } = await startLongRun();
    child.kill("SIGKILL");
    expect(await exited).toEqual([null, "SIGKILL"]);
    await expect.poll(() => processesWith(folder), { timeout: 3000 }).toEqual([]);
  });

  it("says what is wrong, and exits with 1, when there is nothing to share", async () => {
    const { child, exited } = start(`--file=${join(folder, "nothing")}`);
    const stderr = text(child.stderr);
    expect(await exited).toEqual([1, null]);
    expect(await stderr).toMatch(/swarmlab: cannot share .*nothing: ENOENT/);
    expect(await readdir(join(folder, "runs"))).toEqual([]);
  });
});
