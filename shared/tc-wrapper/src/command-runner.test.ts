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
