import { spawn } from "node:child_process";
import { once } from "node:events";
import type { CompletedTorrent } from "./torrent-report.js";

/** The command of `--on-complete` could not be started, or ended otherwise than with exit code 0. */
class CompletionCommandError extends Error {
  override readonly name = "CompletionCommandError";
  readonly code = "ON_COMPLETE_FAILED";
}

/**
 * Runs a command in a shell, with the torrent in its environment and its output on our standard error; `signal`
 * terminates it. Rejects with a CompletionCommandError, or with the signal's AbortError.
 */
export async function runCompletionCommand(
  command: string,
  completed: CompletedTorrent,
  signal: AbortSignal,
): Promise<void> {
  const { name, infoHash, path } = completed;
  const child = spawn(command, {
    shell: true,
    // Standard output is for our own events.
    stdio: ["ignore", 2, 2],
    env: {
      ...process.env,
      SWARMLAB_TORRENT_NAME: name,
      SWARMLAB_TORRENT_INFO_HASH: infoHash,
      SWARMLAB_TORRENT_PATH: path,
    },
    signal,
  });
  const [exitCode, killedBy] = await once(child, "exit").catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new CompletionCommandError(`the command on completion was not started: ${String(cause)}`, {
      cause,
    });
  });
  signal.throwIfAborted();
  if (exitCode === 0) return;
  const how = killedBy === null ? `exit code ${exitCode}` : `signal ${killedBy}`;
  throw new CompletionCommandError(`the command on completion ended with ${how}`);
}
