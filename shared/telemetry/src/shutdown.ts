/** How a process ends; 2 (a mistake in its settings) is given by the settings package. */
export const exitCodes = { success: 0, failure: 1 } as const;

export interface Shutdown {
  /** Aborted by the first SIGINT or SIGTERM; its reason is the signal's name. */
  readonly signal: AbortSignal;
  /** Stops listening for signals. */
  dispose(): void;
}

/** The first SIGINT or SIGTERM asks the program to end; the second ends it at once with 128 + the signal's number. */
export function shutdownOnSignals(): Shutdown {
  const controller = new AbortController();
  const numbers = { SIGINT: 2, SIGTERM: 15 } as const;
  const onSignal = (name: "SIGINT" | "SIGTERM") => {
    if (controller.signal.aborted) process.exit(128 + numbers[name]);
    controller.abort(name);
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    dispose: () => void process.off("SIGINT", onSignal).off("SIGTERM", onSignal),
  };
}
