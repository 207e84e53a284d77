import type { HtbClass } from "../plan/htb-class.js";
import type { ShownClass } from "../state/classes.js";

const TICKS_PER_SECOND = 1e9 / 64;
/** tc reckons in whole microseconds, then in ticks. */
const TICK_ERROR = TICKS_PER_SECOND / 1e6 + 1;

/** Whether the kernel shows what was planned. */
export function isSameClass(planned: HtbClass, shown: ShownClass): boolean {
  return (
    shown.parentMinor === planned.parentMinor &&
    shown.rateBitsPerSecond === planned.rateBitsPerSecond &&
    shown.ceilBitsPerSecond === planned.ceilBitsPerSecond &&
    (shown.quantumBytes ?? planned.quantumBytes) === planned.quantumBytes &&
    isSameBurst(planned.burstBytes, planned.rateBitsPerSecond, shown.burstTicks) &&
    isSameBurst(planned.ceilBurstBytes, planned.ceilBitsPerSecond, shown.ceilBurstTicks)
  );
}

function isSameBurst(bytes: number, bitsPerSecond: number, shownTicks: number): boolean {
  const ticks = (bytes / (bitsPerSecond / 8)) * TICKS_PER_SECOND;
  return Math.abs(shownTicks - ticks) <= TICK_ERROR;
}
