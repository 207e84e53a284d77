import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CommandError, inNetworkNamespace } from "./command-runner.js";

const here = inNetworkNamespace();

describe("a program", () => {
  it("gives what it prints, and reads what it is given", async () => {
    expect(await here.run("cat", [], { stdin: "qdisc show\n" })).toBe("qdisc show\n");
  });

  it("sees what is added to the environment, and speaks English", async () => {
    const printed = await here.run("sh", ["-c", "echo $TC_LIB_DIR $LC_ALL"], {
      env: { TC_LIB_DIR: "/tables" },
    });
    expect(printed).toBe("/tables C\n");
  });

  it("that fails says how", async () => {
    const failure = here.run("sh", ["-c", "echo it is broken >&2; exit 3"]);
    await expect(failure).rejects.toEqual(new CommandError("FAILED", "sh", 3, "it is broken\n"));
    await expect(failure).rejects.toThrow("sh: exit code 3: it is broken");
  });

  it("that is not there is named with its package", async () => {
    await expect(here.run("swarmlab-no-such-program", [])).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(new CommandError("NOT_FOUND", "tc", null, "").message).toContain("iproute2");
  });

  it("that may not be run is told apart from one that is not there", async () => {
    const folder = await mkdtemp(join(tmpdir(), "swarmlab-program-"));
    try {
      const program = join(folder, "tc");
      await writeFile(program, "#!/bin/sh\n", { mode: 0o600 });
      const failure = here.run(program, []);
      await expect(failure).rejects.toMatchObject({ code: "NOT_EXECUTABLE" });
      await expect(failure).rejects.toThrow("permissions of the file");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("that cannot be started for want of open files says so", async () => {
    const runner = new URL("./command-runner.ts", import.meta.url);
    const script = `
      import { openSync } from "node:fs";
      import { inNetworkNamespace } from ${JSON.stringify(runner.href)};
      try { for (;;) openSync("/dev/null"); } catch {}
      await inNetworkNamespace().run("true", []).catch(({ message }) => console.log(message));`;
    const node = [process.execPath, "--import", "tsx", "--input-type=module", "--eval"];
    const printed = await here.run("sh", ["-c", 'ulimit -n 256; exec "$@"', "sh", ...node, script]);
    expect(printed).toMatch(/^true: no more open files are allowed: .*ulimit -n/);
  });

  it.each([
    ["TOO_MANY_PROCESSES", "ulimit -u"],
    ["NO_MEMORY", "memory"],
    ["NOT_STARTED", "spawn E2BIG"],
  ] as const)("whose error is %s says what to do", (code, advice) => {
    expect(new CommandError(code, "tc", null, "Error: spawn E2BIG").message).toContain(advice);
  });

  it("that is given too much says that it was not started", async () => {
    const failure = here.run("true", ["x".repeat(10_000_000)]);
    await expect(failure).rejects.toMatchObject({
      code: "NOT_STARTED",
      stderr: expect.stringContaining("E2BIG"),
    });
  });

  it("that does not read its input is no error of ours", async () => {
    expect(await here.run("true", [], { stdin: "x".repeat(1_000_000) })).toBe("");
  });

  it("is ended when it is not wanted any more", async () => {
    const abort = new AbortController();
    const sleeping = here.run("sleep", ["60"], { signal: abort.signal });
    abort.abort(new Error("not wanted"));
    await expect(sleeping).rejects.toThrow("not wanted");
    await expect(here.run("true", [], { signal: abort.signal })).rejects.toThrow("not wanted");
  });

  it("is ended when it prints without end", async () => {
    await expect(here.run("cat", ["/dev/zero"])).rejects.toMatchObject({ code: "OUTPUT_TOO_LONG" });
  });
});
