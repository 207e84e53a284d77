import type { AnnounceEvent } from "@swarmlab/tracker-protocol/announce";

export const protocols = ["http", "udp"] as const;
export type Protocol = (typeof protocols)[number];

/** `none` is a regular announce. */
export const countedEvents = ["started", "stopped", "completed", "none"] as const;

/** Why a request was refused. */
export const failureReasons = ["MALFORMED", "NOT_REGISTERED", "TOO_MANY_TORRENTS", "TOO_MANY_PEERS"] as const;
export type FailureReason = (typeof failureReasons)[number];

/** Every so many announces, one is timed. */
const timedEvery = 64;

/** What happened since the start, as plain numbers: counting costs nothing where it happens, labels are added when asked. */
export class TrackerCounters {
  readonly announces = {
    http: { started: accepted(), stopped: accepted(), completed: accepted(), none: accepted() },
    udp: { started: accepted(), stopped: accepted(), completed: accepted(), none: accepted() },
  };
  readonly scrapes: Record<Protocol, number> = { http: 0, udp: 0 };
  readonly failures: Record<Protocol, Record<FailureReason, number>> = {
    http: noFailures(),
    udp: noFailures(),
  };
  readonly announceTime = new SampledTime(timedEvery);
  udpConnects = 0;
  connectionIdRefusals = 0;

  countAnnounce(protocol: Protocol, event: AnnounceEvent | undefined, result: "accepted" | "refused"): void {
    this.announces[protocol][event ?? "none"][result]++;
  }
}

/** Times some of many short things. */
class SampledTime {
  /** Hears the seconds of each that was timed. */
  onSample: ((seconds: number) => void) | undefined;
  readonly #every: number;
  #count = 0;

  constructor(every: number) {
    this.#every = every;
  }

  /** To be given to `end`; undefined for what is not timed. */
  start(): number | undefined {
    this.#count = (this.#count + 1) % this.#every;
    return this.#count === 0 ? performance.now() : undefined;
  }

  end(startMs: number | undefined): void {
    if (startMs !== undefined) this.onSample?.((performance.now() - startMs) / 1000);
  }
}

function accepted(): Record<"accepted" | "refused", number> {
  return { accepted: 0, refused: 0 };
}

function noFailures(): Record<FailureReason, number> {
  return { MALFORMED: 0, NOT_REGISTERED: 0, TOO_MANY_TORRENTS: 0, TOO_MANY_PEERS: 0 };
}
