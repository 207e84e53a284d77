/** Lets tasks wait until what changes now and then is as they need it. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  /** Something has changed: those who wait look again. */
  notify(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Calls whenever something has changed, for as long as this lives. */
  listen(listener: () => void): void {
    this.#waiting.add(listener);
  }

  /** True once the condition holds; false when the time is up, or the signal says to wait no longer. */
  until(condition: () => boolean, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        this.#waiting.delete(look);
        clearTimeout(timer);
        signal.removeEventListener("abort", giveUp);
        settle();
      };
      const giveUp = () => end(() => resolve(false));
      const look = () => {
        try {
          if (condition()) end(() => resolve(true));
        } catch (error) {
          end(() => reject(error));
        }
      };
      const timer = setTimeout(giveUp, timeoutMs);
      signal.addEventListener("abort", giveUp);
      this.#waiting.add(look);
    });
  }
}
