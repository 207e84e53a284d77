import { type Random, shuffle } from "../ports/random.js";

/** The trackers of a torrent in the order in which they are to be tried (BEP 12). */
export class TrackerTiers {
  readonly #tiers: string[][];

  /** Each tier is shuffled; a tracker that is named twice counts where it stands first. */
  constructor(tiers: readonly (readonly string[])[], random: Random) {
    const seen = new Set<string>();
    const fresh = (url: string) => !seen.has(url) && seen.add(url) !== undefined;
    this.#tiers = tiers.map((tier) => shuffle(random, tier.filter(fresh)));
  }

  /** A snapshot: it stays as it is when trackers are promoted or removed meanwhile. */
  inOrder(): string[] {
    return this.#tiers.flat();
  }

  /** Moves a tracker that answered to the front of its tier. */
  promote(url: string): void {
    for (const tier of this.#tiers) {
      const index = tier.indexOf(url);
      if (index > 0) tier.unshift(...tier.splice(index, 1));
    }
  }

  remove(url: string): void {
    for (const tier of this.#tiers) {
      const index = tier.indexOf(url);
      if (index >= 0) tier.splice(index, 1);
    }
  }
}
