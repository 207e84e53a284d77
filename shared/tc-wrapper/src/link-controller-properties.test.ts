import { DELAY_DISTRIBUTIONS, type Link, type LinkLoss } from "@swarmlab/scenario/link";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DelayTables } from "./delay-tables.js";
import type { InterfaceLink, Route } from "./interface-link.js";
import { LinkController } from "./link-controller.js";
import { FakeKernel } from "./testing/fake-kernel.js";

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
const arbitraryLink: fc.Arbitrary<Link> = fc
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
const arbitraryInterfaceLink: fc.Arbitrary<InterfaceLink> = fc
  .record({
    interfaceName: fc.constant("eth0"),
    link: arbitraryLink,
    routes,
    blockedAddresses: fc.array(address, { maxLength: 6 }),
    unshapedPorts: fc.uniqueArray(fc.integer({ min: 1, max: 65535 }), { maxLength: 2 }),
  })
  .map((desired) => (desired.link.duplicatePercent > 0 ? { ...desired, routes: [] } : desired));

let tables: DelayTables;
beforeAll(async () => {
  tables = await DelayTables.open();
});
afterAll(() => tables.close());

/** What there is, but for numbers that depend on the way to it. */
function picture(kernel: FakeKernel): unknown {
  return Array.from(kernel.devices.values(), (device) => ({
    name: device.name,
    isUp: device.isUp,
    offloads: [...device.offloads],
    gsoMaxSegments: device.gsoMaxSegments,
    root: device.root,
    hooks: device.hooks,
    classes: device.classes,
    leaves: device.leaves,
  }));
}

async function applied(kernel: FakeKernel, link: InterfaceLink): Promise<string[]> {
  kernel.changes.length = 0;
  await new LinkController(kernel, tables).apply(link);
  return [...kernel.changes];
}

describe("whatever links an interface goes through", () => {
  const links = fc.array(arbitraryInterfaceLink, { minLength: 1, maxLength: 4 });
  const runs = { numRuns: 50 };

  it("after each of them there is nothing left to change", async () => {
    await fc.assert(
      fc.asyncProperty(links, async (sequence) => {
        const kernel = new FakeKernel();
        for (const link of sequence) {
          await applied(kernel, link);
          expect(await applied(kernel, link)).toEqual([]);
        }
      }),
      runs,
    );
  });

  it("the last one is there as if it had been the first", async () => {
    await fc.assert(
      fc.asyncProperty(links, async (sequence) => {
        const kernel = new FakeKernel();
        for (const link of sequence) await applied(kernel, { ...link, routes: [] });
        const fresh = new FakeKernel();
        const last = sequence.at(-1);
        if (last) await applied(fresh, { ...last, routes: [] });
        expect(picture(kernel)).toEqual(picture(fresh));
      }),
      runs,
    );
  });

  it("a process that is killed anywhere in between is carried on by another", async () => {
    await fc.assert(
      fc.asyncProperty(links, fc.nat({ max: 60 }), async (sequence, changesLeft) => {
        const kernel = new FakeKernel();
        kernel.changesLeft = changesLeft;
        for (const link of sequence) await applied(kernel, link).catch(() => {});
        kernel.changesLeft = Number.POSITIVE_INFINITY;
        for (const link of sequence.slice(-1)) {
          await applied(kernel, link);
          expect(await applied(kernel, link)).toEqual([]);
        }
      }),
      runs,
    );
  });

  it("it is as it was found when they are removed, also after a crash", async () => {
    await fc.assert(
      fc.asyncProperty(links, fc.nat({ max: 120 }), async (sequence, changesLeft) => {
        const kernel = new FakeKernel();
        kernel.changesLeft = changesLeft;
        for (const link of sequence) await applied(kernel, link).catch(() => {});
        await new LinkController(kernel, tables).remove("eth0").catch(() => {});
        kernel.changesLeft = Number.POSITIVE_INFINITY;
        await new LinkController(kernel, tables).remove("eth0");
        const fresh = new FakeKernel();
        expect(picture(kernel)).toEqual(picture(fresh));
        expect(kernel.devices.get("eth0")?.alias).toBe("");
        expect(kernel.devices.get("eth0")?.showFilters("root")).toBe("[]");
        expect([...kernel.files]).toEqual([...fresh.files]);
      }),
      runs,
    );
  });
});
