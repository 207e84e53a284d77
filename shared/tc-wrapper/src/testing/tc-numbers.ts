// How tc 6.1 shows numbers, for the kernel of the tests.

/** Six significant digits, as C's `%g`. */
function shortFloat(value: number): number {
  return Number(value.toPrecision(6));
}

/** What a percentage becomes in 32 bits, as a fraction. */
export function probability(percent: number): number {
  return shortFloat(Math.round((percent / 100) * (2 ** 32 - 1)) / (2 ** 32 - 1));
}

/** Seconds; a delay is kept in ticks of 64 ns, and cut to microseconds to be shown. */
export function shownDelay(delayMs: number): number {
  const ticks = Math.trunc((delayMs * 1e6) / 64);
  return shortFloat(Math.trunc((ticks * 64) / 1000) / 1e6);
}

/** The time of a burst in ticks, reckoned in whole microseconds. */
export function burstTicks(bytes: number, bitsPerSecond: number): number {
  const bytesPerSecond = Math.trunc(bitsPerSecond / 8);
  return Math.trunc(Math.trunc((1e6 * bytes) / bytesPerSecond) * 15.625);
}

/** A rate as `tc class show` prints it. */
export function shownRate(bitsPerSecond: number): string {
  let rate = Math.trunc(bitsPerSecond / 8) * 8;
  let unit = 0;
  while (unit < 4 && rate >= 1000 && !(rate % 1000 !== 0 && rate < 1e6)) {
    rate = Math.trunc(rate / 1000);
    unit++;
  }
  return `${rate}${["", "K", "M", "G", "T"][unit]}bit`;
}
