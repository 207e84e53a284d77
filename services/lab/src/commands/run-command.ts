import { loadProcessSettings } from "@swarmlab/settings/load";
import { exitCodes, shutdownOnSignals } from "@swarmlab/telemetry/shutdown";
import { findDifference } from "../content/compare-content.js";
import { openView } from "../progress/open-view.js";
import { type ProgressView, silentView } from "../progress/progress-view.js";
import { type CopyCheck, createReport, type RunReport } from "../report/run-report.js";
import { formatReport } from "../report/text-report.js";
import { provideContent } from "../run/content-source.js";
import { RunError } from "../run/run-error.js";
import { RunFolder } from "../run/run-folder.js";
import { planRun } from "../run/run-plan.js";
import { type Copy, runSwarm } from "../run/run-swarm.js";
import { Swarm } from "../run/swarm.js";
import { processRunner } from "../runner/process-runner.js";
import { paintFor } from "../text/paint.js";
import { type RunSettings, runSettings } from "./run-settings.js";

const SIGNAL_EXIT_CODES: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/**
 * `swarmlab run`: one swarm from start to report. Sets the exit code: 0 when every copy was verified, 1 when not,
 * 2 for a mistake in the settings, 128 and more when a signal ended it.
 */
export async function runCommand(argv: readonly string[]): Promise<void> {
  const settings = loadProcessSettings(runSettings, argv);
  if (settings === undefined) return;
  const shutdown = shutdownOnSignals();
  const view = settings.json ? silentView : await openView(process.stderr, settings.leechers + 1);
  const leftovers = new Leftovers(view);
  try {
    const report = await run(settings, view, leftovers, shutdown.signal);
    const text = settings.json
      ? `${JSON.stringify(report)}\n`
      : `\n${formatReport(report, paintFor(process.stdout))}`;
    process.stdout.write(text);
    process.exitCode = report.isVerified ? exitCodes.success : exitCodes.failure;
  } catch (error) {
    const reason = shutdown.signal.aborted ? `stopped by ${shutdown.signal.reason}` : describe(error);
    process.stderr.write(`swarmlab: ${reason}\n`);
    process.exitCode = SIGNAL_EXIT_CODES[String(shutdown.signal.reason)] ?? exitCodes.failure;
  } finally {
    await leftovers.remove();
    shutdown.dispose();
  }
}

async function run(
  settings: RunSettings,
  view: ProgressView,
  leftovers: Leftovers,
  signal: AbortSignal,
): Promise<RunReport> {
  const { seed, file } = settings;
  const folder = await RunFolder.make({ parent: settings.dir, isKept: settings.keep });
  leftovers.folder = folder;
  view.say(file === undefined ? "making the content" : `sharing ${file}`);
  const contentPath = await provideContent(
    file === undefined ? { kind: "made", sizeBytes: settings.size, seed } : { kind: "file", path: file },
    folder.path,
    signal,
  );
  const swarm = new Swarm({ runner: processRunner, timeoutMs: settings.timeout, signal });
  leftovers.swarm = swarm;
  const { measurement, copies } = await runSwarm(swarm, {
    plan: planRun({
      seed,
      leecherCount: settings.leechers,
      links: settings.link,
      seederLinks: settings.seederLink ?? settings.link,
    }),
    contentPath,
    folder: folder.path,
    trackerIntervalMs: settings.trackerInterval,
    view,
  });
  view.say(`comparing ${copies.length} copies with the source`);
  return createReport({
    seed,
    swarm: measurement,
    copies: await checkCopies(contentPath, copies, signal),
    ...(folder.isKept && { keptFolder: folder.path }),
  });
}

async function checkCopies(
  contentPath: string,
  copies: readonly Copy[],
  signal: AbortSignal,
): Promise<CopyCheck[]> {
  const checks: CopyCheck[] = [];
  for (const { name, path } of copies) {
    const difference = await findDifference(contentPath, path, signal);
    checks.push({ name, ...(difference !== undefined && { difference }) });
  }
  return checks;
}

/** What a run has to remove, however it ends: its nodes, its folder, and what it draws on the terminal. */
class Leftovers {
  swarm: Swarm | undefined;
  folder: RunFolder | undefined;
  readonly #view: ProgressView;
  readonly #onExit = () => {
    this.swarm?.kill();
    this.folder?.closeNow();
    this.#view.end();
  };
  // The terminal is gone. Everything goes at once, as on a second Ctrl-C.
  readonly #onHangUp = () => process.exit(SIGNAL_EXIT_CODES.SIGHUP);

  constructor(view: ProgressView) {
    this.#view = view;
    process.once("exit", this.#onExit);
    process.once("SIGHUP", this.#onHangUp);
  }

  async remove(): Promise<void> {
    this.#view.end();
    await this.swarm?.stop();
    await this.folder?.close();
    process.off("exit", this.#onExit);
    process.off("SIGHUP", this.#onHangUp);
  }
}

/** For the person at the terminal: what we and the system say in words; the stack only of what should not happen. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof RunError || "syscall" in error ? error.message : (error.stack ?? error.message);
}
