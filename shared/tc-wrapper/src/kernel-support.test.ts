import { describe, expect, it } from "vitest";
import { CommandError, type CommandRunner } from "./command-runner.js";
import { probeKernel } from "./kernel-support.js";

/** A kernel that does not know some words, and what was asked of it. */
function kernelWithout(unknown: RegExp, complaint: string): { commands: CommandRunner; asked: string[] } {
  const asked: string[] = [];
  const commands: CommandRunner = {
    run: (program, args) => {
      const command = [program, ...args].join(" ");
      asked.push(command);
      if (command === "uname -r") return Promise.resolve("6.6.16-linuxkit\n");
      return unknown.test(command)
        ? Promise.reject(new CommandError("FAILED", program, 2, complaint))
        : Promise.resolve("");
    },
  };
  return { commands, asked };
}

function states(support: Awaited<ReturnType<typeof probeKernel>>): Record<string, string> {
  return Object.fromEntries(support.features.map(({ name, state }) => [name, state]));
}

describe("a kernel", () => {
  it("with all that links need says so, and keeps nothing of the probe", async () => {
    const { commands, asked } = kernelWithout(/^$/, "");
    const support = await probeKernel(commands);
    expect(support.isComplete).toBe(true);
    expect(support.explanation).toBe("Linux 6.6.16-linuxkit has all that links need.");
    const device = /^ip link add name (swl-[0-9a-f]{10}) type ifb$/.exec(asked[1] ?? "")?.[1];
    expect(asked.at(-1)).toBe(`ip link del dev ${device}`);
  });

  it("without netem says what to load", async () => {
    const { commands, asked } = kernelWithout(/netem/, "Error: Specified qdisc kind is unknown.");
    const support = await probeKernel(commands);
    expect(support.isComplete).toBe(false);
    expect(states(support)).toMatchObject({ netem: "missing", htb: "present", mirred: "present" });
    expect(support.explanation).toContain("lacks netem");
    expect(support.explanation).toContain("modprobe -a sch_netem\n");
    expect(asked.at(-1)).toMatch(/^ip link del dev swl-/);
  });

  it("without IFB is tried on another device", async () => {
    const { commands } = kernelWithout(/type ifb/, "Error: Unknown device type.");
    expect(states(await probeKernel(commands))).toMatchObject({
      ifb: "missing",
      htb: "present",
      netem: "present",
    });
  });

  it("without the hooks leaves untested what hangs on them", async () => {
    const { commands } = kernelWithout(/clsact/, "Error: Specified qdisc kind is unknown.");
    expect(states(await probeKernel(commands))).toMatchObject({
      clsact: "missing",
      u32: "untested",
      gact: "untested",
      mirred: "untested",
    });
  });

  it("that permits nothing is not taken for one that lacks everything", async () => {
    const { commands } = kernelWithout(/link add/, "RTNETLINK answers: Operation not permitted");
    await expect(probeKernel(commands)).rejects.toMatchObject({ code: "NOT_PERMITTED" });
  });
});
