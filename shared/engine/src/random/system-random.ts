import { randomFillSync } from "node:crypto";
import type { Random } from "../ports/random.js";

const POOL_WORDS = 256;

/** Unpredictable numbers from the system's cryptographic source, fetched in batches. */
export class SystemRandom implements Random {
  readonly #pool = new Uint32Array(POOL_WORDS);
  #used = POOL_WORDS;

  nextUint32(): number {
    if (this.#used === POOL_WORDS) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    return this.#pool[this.#used++] as number;
  }
}
