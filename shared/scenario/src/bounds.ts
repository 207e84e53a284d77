/** The rates of one node in bit/s of payload; undefined is unlimited. */
export interface NodeRates {
  readonly upBitsPerSecond?: number;
  readonly downBitsPerSecond?: number;
}

/** One file from one seeder to all leechers, all present from the start and staying to the end. Rates are of payload. */
export interface Distribution {
  readonly fileBytes: number;
  /** Undefined is unlimited. */
  readonly seederUpBitsPerSecond?: number;
  readonly leechers: readonly NodeRates[];
  /** In how many pieces the file is handed on; a piece can be forwarded once it is complete. */
  readonly pieceCount?: number;
}

/** What keeps a distribution from being faster. */
export type BoundTerm = "slowest-download" | "seeder-upload" | "total-upload" | "piece-forwarding";

export interface DistributionBound {
  /** No schedule can serve the last leecher earlier. */
  readonly seconds: number;
  /** The largest term; `unlimited` when all of them are zero. */
  readonly bindingTerm: BoundTerm | "unlimited";
  /** The bound that each term alone sets, in seconds; those that do not apply are missing. */
  readonly terms: Readonly<Partial<Record<BoundTerm, number>>>;
}

/**
 * The least time in which every leecher can have the file, as the largest of
 * - F / d_min, F / u_s and N F / (u_s + sum u_i), for a file that can be divided at will (R. Kumar, K. Ross, "Peer-assisted
 *   file distribution: the minimum distribution time", HotWeb 2006), and
 * - F / C (1 + floor(log2 N) / M), for M pieces when the seeder and all leechers upload at the same rate C (J. Mundinger,
 *   R. Weber, G. Weiss, "Optimal scheduling of peer-to-peer file dissemination", Journal of Scheduling 11, 2008).
 * Throws RangeError on a rate that is not above zero.
 */
export function distributionBound(distribution: Distribution): DistributionBound {
  const { seederUpBitsPerSecond, leechers, pieceCount } = distribution;
  const fileBits = distribution.fileBytes * 8;
  const terms: Partial<Record<BoundTerm, number>> = {};
  if (leechers.length > 0) {
    const seederUp = rateOf(seederUpBitsPerSecond);
    const ups = leechers.map((leecher) => rateOf(leecher.upBitsPerSecond));
    const slowestDown = Math.min(...leechers.map((leecher) => rateOf(leecher.downBitsPerSecond)));
    const totalUp = ups.reduce((sum, up) => sum + up, seederUp);
    if (slowestDown < Number.POSITIVE_INFINITY) terms["slowest-download"] = fileBits / slowestDown;
    if (seederUp < Number.POSITIVE_INFINITY) terms["seeder-upload"] = fileBits / seederUp;
    if (totalUp < Number.POSITIVE_INFINITY) terms["total-upload"] = (leechers.length * fileBits) / totalUp;
    const areEqual = ups.every((up) => up === seederUp);
    if (pieceCount !== undefined && pieceCount > 0 && areEqual && seederUp < Number.POSITIVE_INFINITY) {
      const rounds = Math.floor(Math.log2(leechers.length));
      terms["piece-forwarding"] = (fileBits / seederUp) * (1 + rounds / pieceCount);
    }
  }
  let seconds = 0;
  let bindingTerm: DistributionBound["bindingTerm"] = "unlimited";
  for (const term of ["slowest-download", "seeder-upload", "total-upload", "piece-forwarding"] as const) {
    const termSeconds = terms[term];
    if (termSeconds === undefined || termSeconds <= seconds) continue;
    seconds = termSeconds;
    bindingTerm = term;
  }
  return { seconds, bindingTerm, terms };
}

function rateOf(bitsPerSecond: number | undefined): number {
  if (bitsPerSecond === undefined) return Number.POSITIVE_INFINITY;
  if (!(bitsPerSecond > 0)) throw new RangeError(`a rate of ${bitsPerSecond} bit/s`);
  return bitsPerSecond;
}
