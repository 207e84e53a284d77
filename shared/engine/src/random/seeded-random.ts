import { createHash } from "node:crypto";
import type { Random } from "../ports/random.js";

/**
 * A repeatable source of numbers: sfc32 (Chris Doty-Humphrey, PractRand), seeded with the first 96 bits of the SHA-256 of
 * the seed's text. Seeds that differ at all, like `run-1/peer-3` and `run-1/peer-4`, give unrelated sequences.
 */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: string | number) {
    const digest = createHash("sha256").update(String(seed)).digest();
    this.#a = digest.readInt32BE(0);
    this.#b = digest.readInt32BE(4);
    this.#c = digest.readInt32BE(8);
    // As the author of sfc32 prescribes, so that similar states have drifted apart.
    for (let i = 0; i < 12; i++) this.nextUint32();
  }

  nextUint32(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }
}
