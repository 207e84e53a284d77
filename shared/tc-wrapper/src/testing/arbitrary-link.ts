import { DELAY_DISTRIBUTIONS, type Link, type LinkLoss } from "@swarmlab/scenario/link";
import * as fc from "fast-check";
import type { InterfaceLink, Route } from "../interface-link.js";

const percent = fc.oneof(
  fc.constant(0),
  fc.double({ min: 0, max: 100, noNaN: true }),
  fc.constantFrom(0.1, 1, 100),
);
const rate = fc.option(fc.oneof(fc.integer({ min: 1000, max: 100e9 }), fc.integer({ min: 1000, max: 1e6 })), {
  nil: undefined,
});
const loss: fc.Arbitrary<LinkLoss | undefined> = fc.oneof(
  fc.constant(undefined),
  percent.map((value) => ({ model: "random" as const, percent: value })),
  fc.tuple(percent, percent, percent, percent).map(([toBad, toGood, badLoss, goodLoss]) => ({
    model: "gilbert-elliott" as const,
    toBadPercent: toBad,
    toGoodPercent: toGood,
    badLossPercent: badLoss,
    goodLossPercent: goodLoss,
  })),
);

/** Any link that the kernel can make. */
export const arbitraryLink: fc.Arbitrary<Link> = fc
  .record({
    up: rate,
    down: rate,
    delayMs: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 60_000, noNaN: true })),
    jitterShare: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })),
    distribution: fc.constantFrom(...DELAY_DISTRIBUTIONS),
    loss,
    corruptPercent: percent,
    duplicatePercent: percent,
    reorderPercent: percent,
  })
  .map(({ up, down, jitterShare, loss, ...link }) => ({
    ...link,
    ...(up === undefined ? {} : { upBitsPerSecond: up }),
    ...(down === undefined ? {} : { downBitsPerSecond: down }),
    ...(loss === undefined ? {} : { loss }),
    jitterMs: Math.min(2000, link.delayMs * jitterShare),
    reorderPercent: link.delayMs === 0 ? 0 : link.reorderPercent,
  }));

const address = fc.oneof(
  fc.integer({ min: 0, max: 300 }).map((number) => `10.0.${number >> 8}.${number & 255}`),
  fc.integer({ min: 0, max: 300 }).map((number) => `fd00::${number.toString(16)}`),
  fc.constantFrom("10.1.0.0/16", "10.1.2.0/24", "0.0.0.0/0", "fd01::/64", "fd01::/20", "::/0"),
);

const routes: fc.Arbitrary<Route[]> = fc
  .tuple(
    fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 500, noNaN: true })), { maxLength: 4 }),
    fc.uniqueArray(address, { maxLength: 12 }),
  )
  .map(([delays, addresses]) =>
    delays.map((delayMs, index) => ({
      delayMs,
      destinations: addresses.filter((_, position) => position % delays.length === index),
    })),
  );

/** Any link of `eth0`, routes, blocks and ports included; no duplicates beside routes, which new kernels refuse. */
export const arbitraryInterfaceLink: fc.Arbitrary<InterfaceLink> = fc
  .record({
    interfaceName: fc.constant("eth0"),
    link: arbitraryLink,
    routes,
    blockedAddresses: fc.array(address, { maxLength: 6 }),
    unshapedPorts: fc.uniqueArray(fc.integer({ min: 1, max: 65535 }), { maxLength: 2 }),
  })
  .map((desired) => (desired.link.duplicatePercent > 0 ? { ...desired, routes: [] } : desired));
