const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;
const RATE_UNITS = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"] as const;

/** `64 MiB`, `1.5 GiB`, `17 B`. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, 1024, BYTE_UNITS);
}

/** `5 Mbit/s`, `384 kbit/s`. */
export function formatBitRate(bitsPerSecond: number): string {
  return scaled(bitsPerSecond, 1000, RATE_UNITS);
}

/** `19.2 s`; with two decimals below ten seconds. */
export function formatSeconds(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}

/** `23.1 %` of a fraction of 0.231. */
export function formatPercent(fraction: number): string {
  return `${(fraction * 100).toFixed(1)} %`;
}

function scaled(value: number, factor: number, units: readonly string[]): string {
  let scaledValue = value;
  let unitIndex = 0;
  // 1023.96 KiB would be shown as 1024.0 KiB.
  while (scaledValue >= factor - 0.05 && unitIndex < units.length - 1) {
    scaledValue /= factor;
    unitIndex++;
  }
  const digits = unitIndex === 0 || Number.isInteger(scaledValue) ? 0 : 1;
  return `${scaledValue.toFixed(digits)} ${units[unitIndex]}`;
}
