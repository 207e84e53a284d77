import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { type Shutdown, shutdownOnSignals } from "./shutdown.js";

const source = fileURLToPath(new URL("./shutdown.ts", import.meta.url));
let shutdown: Shutdown | undefined;

afterEach(() => shutdown?.dispose());

describe("shutdownOnSignals", () => {
  it("aborts with the signal's name", async () => {
    shutdown = shutdownOnSignals();
    const aborted = once(shutdown.signal, "abort");
    process.kill(process.pid, "SIGTERM");
    await aborted;
    expect(shutdown.signal.reason).toBe("SIGTERM");
  });

  it("ends at once on the second signal", async () => {
    const script = `
      import { shutdownOnSignals } from ${JSON.stringify(source)};
      shutdownOnSignals().signal.addEventListener("abort", () => console.log("aborted"));
      setInterval(() => {}, 1000);
      console.log("ready");`;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    await once(child.stdout, "data");
    child.kill("SIGINT");
    await once(child.stdout, "data");
    child.kill("SIGINT");
    expect(await exited).toEqual([130, null]);
  });
});
