/** A class of the tree at the root of a device. */
export interface HtbClass {
  readonly minor: number;
  /** Undefined is the root. */
  readonly parentMinor: number | undefined;
  /** What it may send without asking its parent. */
  readonly rateBitsPerSecond: number;
  /** What it may send at all, borrowing from its parent. */
  readonly ceilBitsPerSecond: number;
  /** What it may send at once at its rate, and at its ceiling. */
  readonly burstBytes: number;
  readonly ceilBurstBytes: number;
  /** What it sends in its turn among its siblings. */
  readonly quantumBytes: number;
}

/** Stands for unlimited, as HTB wants a rate: what no interface reaches. */
const UNLIMITED_BITS_PER_SECOND = 1e12;

/**
 * What a class below the line has to itself: nothing to speak of, so that all of them together never exceed the line. They
 * share the line by borrowing.
 */
const OWN_BITS_PER_SECOND = 1000;

/**
 * HTB wants a burst that lasts from one tick of the kernel's clock to the next, and no kernel ticks more slowly than 100
 * times a second. On a busy machine it comes to its turn a tick late: what it could not send by then would be lost to the
 * rate.
 */
const BURST_SECONDS = 2 / 100;

/** HTB keeps a burst as the time that it takes, in 32 bits of 64 ns. */
const MAX_BURST_SECONDS = 250;

const ETHERNET_HEADER_BYTES = 14;
/** HTB raises a smaller quantum, with a warning. */
const MIN_QUANTUM_BYTES = 1000;

/** The class of the line itself; undefined is unlimited. */
export function lineClass(minor: number, bitsPerSecond: number | undefined, mtuBytes: number): HtbClass {
  const rateBitsPerSecond = showableRate(bitsPerSecond ?? UNLIMITED_BITS_PER_SECOND);
  const burst = burstBytes(rateBitsPerSecond, mtuBytes);
  return {
    minor,
    parentMinor: undefined,
    rateBitsPerSecond,
    ceilBitsPerSecond: rateBitsPerSecond,
    burstBytes: burst,
    ceilBurstBytes: burst,
    quantumBytes: quantumBytes(mtuBytes),
  };
}

/** A class that shares the line with its siblings. */
export function sharingClass(minor: number, line: HtbClass, mtuBytes: number): HtbClass {
  return {
    ...line,
    minor,
    parentMinor: line.minor,
    rateBitsPerSecond: OWN_BITS_PER_SECOND,
    burstBytes: burstBytes(OWN_BITS_PER_SECOND, mtuBytes),
  };
}

/**
 * The highest rate, not above the one given, that tc shows as it is: the kernel counts in bytes per second, and
 * `tc class show` leaves out digits behind the fourth. So what is planned can be compared with what is there.
 */
export function showableRate(bitsPerSecond: number): number {
  let rate = Math.floor(bitsPerSecond / 8) * 8;
  let unit = 1;
  while (rate >= 1000 && (rate % 1000 === 0 || rate >= 1e6)) {
    rate = Math.floor(rate / 1000);
    unit *= 1000;
  }
  return rate * unit;
}

function burstBytes(bitsPerSecond: number, mtuBytes: number): number {
  const bytesPerSecond = bitsPerSecond / 8;
  const frameBytes = mtuBytes + ETHERNET_HEADER_BYTES;
  const burst = Math.max(Math.ceil(bytesPerSecond * BURST_SECONDS), frameBytes);
  return Math.min(burst, Math.floor(bytesPerSecond * MAX_BURST_SECONDS));
}

function quantumBytes(mtuBytes: number): number {
  return Math.max(MIN_QUANTUM_BYTES, mtuBytes + ETHERNET_HEADER_BYTES);
}
