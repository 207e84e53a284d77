import type { LinkLoss } from "@swarmlab/scenario/link";
import { type Random, randomFraction } from "../ports/random.js";

/** Decides packet by packet which are lost; `gilbert-elliott` goes from state to state as netem's `gemodel` does. */
export class PacketLoss {
  readonly #random: Random;
  readonly #loss: LinkLoss | undefined;
  #isBad = false;

  constructor(random: Random, loss: LinkLoss | undefined) {
    this.#random = random;
    this.#loss = loss;
  }

  /** Whether the next packet is lost. */
  next(): boolean {
    const loss = this.#loss;
    if (loss === undefined) return false;
    if (loss.model === "random") return happens(this.#random, loss.percent);
    const wasBad = this.#isBad;
    if (happens(this.#random, wasBad ? loss.toGoodPercent : loss.toBadPercent)) this.#isBad = !wasBad;
    return happens(this.#random, wasBad ? loss.badLossPercent : loss.goodLossPercent);
  }
}

/** True in `percent` of all cases. */
export function happens(random: Random, percent: number): boolean {
  return percent > 0 && randomFraction(random) * 100 < percent;
}
