import { randomBytes } from "node:crypto";
import { CommandError, type CommandRunner } from "./command-runner.js";
import { LinkControlError } from "./link-control-error.js";

/** A part of the kernel that links are made of. `untested`: what it could be tried on is missing. */
export interface KernelFeature {
  readonly name: string;
  readonly module: string;
  readonly state: "present" | "missing" | "untested";
}

export interface KernelSupport {
  /** As `uname -r` says it. */
  readonly kernelRelease: string;
  readonly features: readonly KernelFeature[];
  /** All features are present. */
  readonly isComplete: boolean;
  /** What is missing and how to load it, for people; one line where nothing is. */
  readonly explanation: string;
}

/** `needs` are names of features; `line` is for tc. */
interface Trial {
  readonly name: string;
  readonly module: string;
  readonly needs: readonly string[];
  readonly line: string;
}

/**
 * Finds out by trying, on a device of its own that it takes away again: the kernel loads modules by itself where it can.
 * Rejects with LinkControlError `NOT_PERMITTED` and CommandError.
 */
export async function probeKernel(commands: CommandRunner, signal?: AbortSignal): Promise<KernelSupport> {
  const options = signal === undefined ? {} : { signal };
  const kernelRelease = (await commands.run("uname", ["-r"], options)).trim();
  const device = `swl-${randomBytes(5).toString("hex")}`;
  const add = (type: string): Promise<boolean> =>
    tryCommand(commands, "ip", ["link", "add", "name", device, "type", type], options);
  const hasIfb = await add("ifb");
  const features: KernelFeature[] = [{ name: "ifb", module: "ifb", state: hasIfb ? "present" : "missing" }];
  // For the rest, any device will do.
  const hasDevice = hasIfb || (await add("dummy")) || (await add("bridge"));
  try {
    for (const { name, module, needs, line } of trials(device)) {
      const isTestable =
        hasDevice &&
        needs.every((needed) => features.some(({ name, state }) => name === needed && state === "present"));
      const isPresent = isTestable && (await tryCommand(commands, "tc", line.split(" "), options));
      features.push({ name, module, state: !isTestable ? "untested" : isPresent ? "present" : "missing" });
    }
  } finally {
    // Whatever the signal says.
    if (hasDevice) await commands.run("ip", ["link", "del", "dev", device]);
  }
  const isComplete = features.every(({ state }) => state === "present");
  return { kernelRelease, features, isComplete, explanation: explain(kernelRelease, features) };
}

function trials(device: string): Trial[] {
  const filter = `filter add dev ${device} ingress protocol ip`;
  const everything = "u32 match u32 0 0";
  return [
    { name: "htb", module: "sch_htb", needs: [], line: `qdisc add dev ${device} root handle 1: htb` },
    {
      name: "netem",
      module: "sch_netem",
      needs: [],
      line: `qdisc replace dev ${device} root handle 2: netem delay 1ms`,
    },
    { name: "clsact", module: "sch_ingress", needs: [], line: `qdisc add dev ${device} clsact` },
    { name: "u32", module: "cls_u32", needs: ["clsact"], line: `${filter} pref 1 ${everything} flowid :1` },
    { name: "gact", module: "act_gact", needs: ["u32"], line: `${filter} pref 2 ${everything} action drop` },
    {
      name: "mirred",
      module: "act_mirred",
      needs: ["u32"],
      line: `${filter} pref 3 ${everything} action mirred egress redirect dev ${device}`,
    },
  ];
}

/** False where the kernel does not know what is asked for. */
async function tryCommand(
  commands: CommandRunner,
  program: string,
  args: readonly string[],
  options: { readonly signal?: AbortSignal },
): Promise<boolean> {
  try {
    await commands.run(program, args, options);
    return true;
  } catch (error) {
    if (!(error instanceof CommandError) || error.code !== "FAILED") throw error;
    if (/Operation not permitted/.test(error.stderr)) {
      throw new LinkControlError("NOT_PERMITTED", "the capability NET_ADMIN is missing", { cause: error });
    }
    return false;
  }
}

function explain(kernelRelease: string, features: readonly KernelFeature[]): string {
  const missing = features.filter(({ state }) => state === "missing");
  if (missing.length === 0) return `Linux ${kernelRelease} has all that links need.`;
  const modules = missing.map(({ module }) => module).join(" ");
  return [
    `Linux ${kernelRelease} lacks ${missing.map(({ name }) => name).join(", ")}. To load it, as root on the host:`,
    `  modprobe -a ${modules}`,
    "If there is no such module, it is in a package of its own on some systems (Ubuntu: linux-modules-extra-$(uname -r); " +
      "Fedora: kernel-modules-extra; WSL: update to kernel 6.6 or later by `wsl --update`), or the kernel was built without it.",
  ].join("\n");
}
