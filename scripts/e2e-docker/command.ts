import { spawn } from "node:child_process";
import { once } from "node:events";

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** A command ended with something else than 0, or not in time; the message has what it printed last. */
class CommandError extends Error {
  override readonly name = "CommandError";
  constructor(
    readonly code: "FAILED" | "TIMEOUT",
    message: string,
  ) {
    super(message);
  }
}

const shownCharacters = 4000;

/** Runs a command to its end and gives its standard output. Rejects with a CommandError. */
export async function runCommand(
  command: readonly [string, ...string[]],
  { cwd, env, timeoutMs = 120_000 }: CommandOptions = {},
): Promise<string> {
  const [program, ...args] = command;
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const output = { standard: "", all: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.standard += text;
    output.all += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.all += text;
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  try {
    const [code] = await once(child, "close");
    if (code === 0) return output.standard;
    const how = isLate ? `took more than ${timeoutMs / 1000} s` : `ended with ${code}`;
    const message = `${command.join(" ")} ${how}\n${output.all.slice(-shownCharacters)}`;
    throw new CommandError(isLate ? "TIMEOUT" : "FAILED", message);
  } finally {
    clearTimeout(timer);
  }
}
