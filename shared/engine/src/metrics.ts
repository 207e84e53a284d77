/** Upper bounds of the request latency histogram, in seconds. */
const REQUEST_LATENCY_BOUNDS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

/** A histogram with fixed bounds, as Prometheus wants it: counts per bucket (not cumulative), their sum and number. */
export class Histogram {
  readonly bounds: readonly number[];
  readonly counts: Float64Array;
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && value > (this.bounds[bucket] as number)) bucket++;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += value;
    this.count++;
  }
}

/** What the engine counts over all torrents of a session since its start; gauges are read from the stats instead. */
export class EngineMetrics {
  /** Payload of blocks, as received and sent. */
  payloadReceivedBytes = 0;
  payloadSentBytes = 0;
  /** All bytes of closed connections; those of open ones come from `Session.stats`. */
  closedReceivedBytes = 0;
  closedSentBytes = 0;
  /** Payload that was of no use: it came twice, or unasked. */
  wastedBytes = 0;
  piecesVerified = 0;
  piecesFailed = 0;
  peersBanned = 0;
  connectionsOpenedIncoming = 0;
  connectionsOpenedOutgoing = 0;
  announcesSucceeded = 0;
  announcesFailed = 0;
  /** From a request to its whole block. */
  readonly requestLatencySeconds = new Histogram(REQUEST_LATENCY_BOUNDS_SECONDS);
}
