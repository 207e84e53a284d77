import type { LinkBackend } from "@swarmlab/agent-api/self-link";
import type { Logger } from "@swarmlab/telemetry/logger";

/** What is asked for: a backend, or the best that there is. */
export const backendSettings = ["auto", "netem", "userspace", "none"] as const;
export type BackendSetting = (typeof backendSettings)[number];

/** What the kernel can do for links. */
export interface KernelAbilities {
  /** All that a link may need. */
  readonly canShape: boolean;
  /** What it takes to cut nodes off from each other. */
  readonly canDrop: boolean;
  /** What is missing and how to load it; empty when nothing is. */
  readonly explanation: string;
}

/** The kernel cannot make links, and nothing else was to do. */
export class BackendError extends Error {
  override readonly name = "BackendError";
  readonly code = "NO_NETEM";
}

/** The backend for all links, with a word in the log when it is not the kernel's. Throws a BackendError. */
export function chooseBackend(setting: BackendSetting, kernel: KernelAbilities, logger: Logger): LinkBackend {
  switch (setting) {
    case "none":
      logger.warn("links are off: no link is emulated, whatever is declared");
      return "none";
    case "userspace":
      logger.info("each node emulates its own link, as it was asked for");
      return "userspace";
    case "netem":
      if (!kernel.canShape) throw new BackendError(kernel.explanation);
      return "netem";
    case "auto":
      if (kernel.canShape) return "netem";
      logger.warn(kernel.explanation);
      logger.warn("each node is to emulate its own link instead; foreign clients go without one");
      return "userspace";
  }
}
