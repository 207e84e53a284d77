import { type ChildProcess, spawn } from "node:child_process";

export interface CommandOptions {
  /** What the program reads on its standard input; nothing otherwise. */
  readonly stdin?: string;
  readonly signal?: AbortSignal;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs programs like `tc`, and is where they run: in this namespace, another, another machine, or a test. */
export interface CommandRunner {
  /** Standard output of a program that succeeded. Rejects with CommandError, or with the signal's reason. */
  run(program: string, args: readonly string[], options?: CommandOptions): Promise<string>;
}

export type CommandErrorCode =
  /** There is no such program. */
  | "NOT_FOUND"
  /** It may not be run by this user, or here. */
  | "NOT_EXECUTABLE"
  /** This host, container or user may not have more processes. */
  | "TOO_MANY_PROCESSES"
  /** This process, or the host, may not have more open files. */
  | "TOO_MANY_FILES"
  /** There is no memory for another process. */
  | "NO_MEMORY"
  /** It was not started for another reason. */
  | "NOT_STARTED"
  /** The network namespace is gone, or never was. */
  | "NO_NAMESPACE"
  /** It ended with an exit code other than 0, or by a signal (`exitCode` is then null). */
  | "FAILED"
  /** It printed more than 64 MiB. */
  | "OUTPUT_TOO_LONG";

/** A program did not do what was asked. */
export class CommandError extends Error {
  override readonly name = "CommandError";

  constructor(
    readonly code: CommandErrorCode,
    readonly program: string,
    readonly exitCode: number | null,
    readonly stderr: string,
  ) {
    super(`${program}: ${explain(program, code, exitCode, stderr)}`);
  }
}

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** By the errors of `fork(2)`, `execve(2)` and `pipe(2)`. */
const START_FAILURES: Readonly<Record<string, CommandErrorCode>> = {
  ENOENT: "NOT_FOUND",
  EACCES: "NOT_EXECUTABLE",
  EPERM: "NOT_EXECUTABLE",
  EAGAIN: "TOO_MANY_PROCESSES",
  EMFILE: "TOO_MANY_FILES",
  ENFILE: "TOO_MANY_FILES",
  ENOMEM: "NO_MEMORY",
};
/** Debian's packages. */
const PACKAGES: Readonly<Record<string, string>> = {
  ip: "iproute2",
  tc: "iproute2",
  ethtool: "ethtool",
  nsenter: "util-linux",
};

/**
 * Runs programs in the network namespace that a file stands for, such as `/proc/PID/ns/net` or `/run/netns/NAME`, or in
 * this process's own. Only the network is another: programs and files are those of this process. Another namespace needs
 * the capability SYS_ADMIN.
 */
export function inNetworkNamespace(path?: string): CommandRunner {
  return {
    run: (program, args, options = {}) =>
      path === undefined
        ? runProgram(program, program, args, options)
        : runProgram(program, "nsenter", [`--net=${path}`, "--", program, ...args], options),
  };
}

async function runProgram(
  program: string,
  file: string,
  args: readonly string[],
  { stdin, signal, env }: CommandOptions,
): Promise<string> {
  signal?.throwIfAborted();
  // Messages of programs are looked at in English.
  const child = start(file, args, { ...process.env, LC_ALL: "C", ...env });
  return new Promise((resolve, reject) => {
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    let bytes = 0;
    let isTooLong = false;
    const keep = (chunks: Buffer[], chunk: Buffer): void => {
      bytes += chunk.length;
      isTooLong = bytes > MAX_OUTPUT_BYTES;
      if (isTooLong) child.kill("SIGKILL");
      else chunks.push(chunk);
    };
    const onAbort = (): void => {
      child.kill("SIGKILL");
    };
    signal?.addEventListener("abort", onAbort);
    // Without open files to spare there are no pipes either.
    child.stdout?.on("data", (chunk: Buffer) => keep(output, chunk));
    child.stderr?.on("data", (chunk: Buffer) => keep(errors, chunk));
    // A program that ends without reading all its input says why by its exit code.
    child.stdin?.on("error", () => {});
    child.stdin?.end(stdin);
    child.on("error", (error) => {
      signal?.removeEventListener("abort", onAbort);
      reject(notStarted(file, error));
    });
    child.on("close", (exitCode) => {
      signal?.removeEventListener("abort", onAbort);
      const stderr = Buffer.concat(errors).toString();
      if (signal?.aborted) reject(signal.reason);
      else if (isTooLong) reject(new CommandError("OUTPUT_TOO_LONG", program, exitCode, stderr));
      else if (exitCode === 0) resolve(Buffer.concat(output).toString());
      else reject(new CommandError(failureCode(file, stderr), program, exitCode, stderr));
    });
  });
}

/** Some errors come as events, others at once. Throws CommandError. */
function start(file: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  try {
    return spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], env });
  } catch (error) {
    throw notStarted(file, error);
  }
}

function notStarted(file: string, error: unknown): CommandError {
  const errno = error instanceof Error && "code" in error ? String(error.code) : "";
  return new CommandError(START_FAILURES[errno] ?? "NOT_STARTED", file, null, String(error));
}

function failureCode(file: string, stderr: string): CommandErrorCode {
  if (file !== "nsenter") return "FAILED";
  if (/^nsenter: failed to execute .*: Permission denied$/m.test(stderr)) return "NOT_EXECUTABLE";
  if (/^nsenter: failed to execute/m.test(stderr)) return "NOT_FOUND";
  return /^nsenter: (cannot open|stat of|reassociate to namespace)/m.test(stderr) ? "NO_NAMESPACE" : "FAILED";
}

function explain(program: string, code: CommandErrorCode, exitCode: number | null, stderr: string): string {
  switch (code) {
    case "NOT_FOUND":
      return `there is no such program${program in PACKAGES ? `; Debian's package is ${PACKAGES[program]}` : ""}`;
    case "NOT_EXECUTABLE":
      return "it may not be run: look at the permissions of the file, and at mounts with noexec";
    case "TOO_MANY_PROCESSES":
      return "no more processes are allowed: raise the limit (pids of the container, ulimit -u, kernel.pid_max)";
    case "TOO_MANY_FILES":
      return "no more open files are allowed: raise the limit (ulimit -n, fs.file-max)";
    case "NO_MEMORY":
      return "no memory is left for it: raise the container's limit, or free some on the host";
    case "NOT_STARTED":
      return `it was not started: ${stderr}`;
    case "NO_NAMESPACE":
      return `there is no such network namespace: ${stderr.trim()}`;
    case "OUTPUT_TOO_LONG":
      return "it printed more than 64 MiB";
    case "FAILED":
      return `${exitCode === null ? "ended by a signal" : `exit code ${exitCode}`}: ${stderr.trim().slice(0, 2000)}`;
  }
}
