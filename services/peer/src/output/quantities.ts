const BINARY_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
const RATE_UNITS = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"];

/** `0 B`, `12.5 MiB`. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, 1024, BINARY_UNITS);
}

/** `800.0 kbit/s`, `12.5 Mbit/s`. */
export function formatBitRate(bitsPerSecond: number): string {
  return scaled(bitsPerSecond, 1000, RATE_UNITS);
}

/** Whole percent; 100 only when all of it is done. */
export function percentOf(done: number, total: number): number {
  return total === 0 ? 100 : Math.floor((done / total) * 100);
}

function scaled(value: number, step: number, units: readonly string[]): string {
  let unit = 0;
  let rest = value;
  while (rest >= step && unit < units.length - 1) {
    rest /= step;
    unit++;
  }
  return `${unit === 0 ? Math.round(rest) : rest.toFixed(1)} ${units[unit]}`;
}
