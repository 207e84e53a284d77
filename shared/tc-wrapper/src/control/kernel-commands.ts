import { CommandError, type CommandRunner } from "../command-runner.js";
import { LinkControlError, type LinkControlErrorCode } from "../link-control-error.js";

/** What `tc`, `ip` and `ethtool` say, and what it means. */
const FAILURES: readonly (readonly [pattern: RegExp, code: LinkControlErrorCode, meaning: string])[] = [
  [
    /cannot mix duplicating netems/,
    "DUPLICATE_REFUSED",
    "this kernel lets no link duplicate packets that also has routes (regions) with delays of their own: " +
      "leave out duplicate, or the routes",
  ],
  [
    /qdisc kind is unknown|TC classifier not found|Failed to load TC action module|Unknown device type/,
    "KERNEL_LACKS",
    "a part of the kernel is missing (probe the kernel to see which)",
  ],
  [/Operation not permitted/, "NOT_PERMITTED", "the capability NET_ADMIN is missing"],
  [/Cannot find device|does not exist/, "NO_SUCH_INTERFACE", "the interface is gone"],
];

/** Runs what changes the kernel in one namespace, counts it, and explains what fails. */
export class KernelCommands {
  #changes = 0;

  constructor(
    private readonly runner: CommandRunner,
    /** Where tc finds tables of distributions. */
    private readonly tablesFolder: string,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** How many commands have changed something. */
  get changes(): number {
    return this.#changes;
  }

  /** Runs one program that only reads. Rejects with CommandError. */
  read(program: string, args: readonly string[], stdin = ""): Promise<string> {
    return this.runner.run(program, args, this.#options(stdin));
  }

  /** Runs lines in one process, and stops at the first that fails. Rejects with LinkControlError. */
  async batch(program: "tc" | "ip", lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    try {
      await this.runner.run(program, ["-batch", "-"], this.#options(`${lines.join("\n")}\n`));
    } catch (error) {
      const failed =
        error instanceof CommandError ? /Command failed -:(\d+)/.exec(error.stderr)?.[1] : undefined;
      throw explained(error, program, lines[Number(failed) - 1] ?? lines.join("; "));
    }
    this.#changes += lines.length;
  }

  /** Runs one command. Rejects with LinkControlError. */
  async change(program: string, args: readonly string[], stdin = ""): Promise<void> {
    try {
      await this.runner.run(program, args, this.#options(stdin));
    } catch (error) {
      throw explained(error, program, args.join(" "));
    }
    this.#changes++;
  }

  #options(stdin: string) {
    const env = { TC_LIB_DIR: this.tablesFolder };
    return this.signal === undefined ? { stdin, env } : { stdin, env, signal: this.signal };
  }
}

function explained(error: unknown, program: string, command: string): unknown {
  if (!(error instanceof CommandError) || error.code !== "FAILED") return error;
  const known = FAILURES.find(([pattern]) => pattern.test(error.stderr));
  const said = error.stderr.replace(/\s*Command failed -:\d+\s*/g, "").trim();
  const [, code, meaning] = known ?? [undefined, "COMMAND_FAILED" as const, "the kernel refused it"];
  return new LinkControlError(code, `${meaning}. ${program} ${command}: ${said}`, { cause: error });
}
