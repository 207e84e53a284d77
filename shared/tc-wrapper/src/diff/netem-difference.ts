import type { LinkLoss } from "@swarmlab/scenario/link";
import type { NetemSettings } from "../plan/netem-settings.js";
import type { Qdisc } from "../state/qdiscs.js";

/** tc cuts delays to microseconds of the kernel's 64 ns ticks, and shows six digits of everything. */
const DELAY_ERROR_MS = 0.002;
const RELATIVE_ERROR = 1e-5;
/** The kernel's steps from 0 to 100 %. */
const PERCENT_ERROR = 100 / 2 ** 32;

/** Whether the kernel shows what was planned, as exactly as it shows it. */
export function isSameNetem(planned: NetemSettings, shown: Qdisc["netem"]): boolean {
  return (
    shown?.isOrderKept === true &&
    shown.limitPackets === planned.limitPackets &&
    shown.distribution === planned.distribution &&
    isClose(shown.delayMs, planned.delayMs, DELAY_ERROR_MS) &&
    isClose(shown.jitterMs, planned.jitterMs, DELAY_ERROR_MS) &&
    isSameLoss(planned.loss, shown.loss) &&
    isClose(shown.corruptPercent, planned.corruptPercent, PERCENT_ERROR) &&
    isClose(shown.duplicatePercent, planned.duplicatePercent, PERCENT_ERROR) &&
    isClose(shown.reorderPercent, planned.reorderPercent, PERCENT_ERROR)
  );
}

function isSameLoss(planned: LinkLoss | undefined, shown: LinkLoss | undefined): boolean {
  if (planned?.model === "gilbert-elliott" && shown?.model === "gilbert-elliott") {
    return (
      isClose(shown.toBadPercent, planned.toBadPercent, PERCENT_ERROR) &&
      isClose(shown.toGoodPercent, planned.toGoodPercent, PERCENT_ERROR) &&
      isClose(shown.badLossPercent, planned.badLossPercent, PERCENT_ERROR) &&
      isClose(shown.goodLossPercent, planned.goodLossPercent, PERCENT_ERROR)
    );
  }
  if (planned?.model === "random" && shown?.model === "random") {
    return isClose(shown.percent, planned.percent, PERCENT_ERROR);
  }
  return planned === undefined && shown === undefined;
}

function isClose(shown: number, planned: number, error: number): boolean {
  return Math.abs(shown - planned) <= error + planned * RELATIVE_ERROR;
}
