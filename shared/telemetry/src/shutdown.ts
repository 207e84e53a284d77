/** How a process ends; 2 (a mistake in its settings) is given by the settings package. */
export const exitCodes = { success: 0, failure: 1 } as const;

export interface Shutdown {
  /** Aborted by the first SIGINT or SIGTERM; its reason is the signal's name. */
  readonly signal: AbortSignal;
  /** Stops listening for signals. */
  dispose(): void;
}

/**
 * The first SIGINT or SIGTERM asks the program to end; the second ends it at once with 128 + the signal's number.
 * Call it first thing, before anything large is imported: the kernel drops signals that process 1 (the one in a
 * container) does not listen for yet.
 */
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

/**
 * Lets the system (glibc) look a name up for a second only. It cannot be called off and a process does not end before
 * it has answered, which takes 10 s with a name server that does not answer. For programs that try again by themselves;
 * to be called before the first look-up.
 */
export function shortenNameLookups(): void {
  process.env.RES_OPTIONS ??= "timeout:1 attempts:1";
}
