/** A source of uniformly distributed numbers: seeded in experiments, so that a run can be repeated. */
export interface Random {
  /** An integer from 0 to 2^32 - 1. */
  nextUint32(): number;
}

/** A number from 0 up to, but not including, 1. */
export function randomFraction(random: Random): number {
  return random.nextUint32() / 0x1_0000_0000;
}

/** An integer from 0 up to, but not including, `bound` (1 to 2^32). */
export function randomBelow(random: Random, bound: number): number {
  return Math.floor(randomFraction(random) * bound);
}

/** `length` random bytes. */
export function randomBytes(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = random.nextUint32() & 0xff;
  return bytes;
}

/** Shuffles `items` in place (Fisher-Yates) and returns them. */
export function shuffle<T>(random: Random, items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = randomBelow(random, i + 1);
    const held = items[i] as T;
    items[i] = items[j] as T;
    items[j] = held;
  }
  return items;
}
