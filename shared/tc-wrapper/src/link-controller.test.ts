import { NO_LINK, parseLink } from "@swarmlab/scenario/link";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DelayTables } from "./delay-tables.js";
import type { InterfaceLink } from "./interface-link.js";
import { LinkController } from "./link-controller.js";
import { FakeKernel } from "./testing/fake-kernel.js";

let tables: DelayTables;
beforeAll(async () => {
  tables = await DelayTables.open();
});
afterAll(() => tables.close());

function desired(link: string, more: Partial<InterfaceLink> = {}): InterfaceLink {
  const plain = { interfaceName: "eth0", routes: [], blockedAddresses: [], unshapedPorts: [] };
  return { ...plain, link: parseLink(link), ...more };
}

async function applied(kernel: FakeKernel, link: InterfaceLink): Promise<string[]> {
  kernel.changes.length = 0;
  await new LinkController(kernel, tables).apply(link);
  return [...kernel.changes];
}

describe("a link", () => {
  it("is made of these commands", async () => {
    expect(await applied(new FakeKernel(), desired("dsl"))).toEqual([
      "ip link set dev eth0 alias [swarmlab offloads=tso+gso segments=65535 clsact=0]",
      "ethtool -K eth0 tso off gso off",
      "link set dev eth0 gso_max_segs 1",
      "link add name swl-eth0 type ifb",
      "ethtool -K swl-eth0 tso off gso off gro off",
      "link set dev swl-eth0 addrgenmode none txqueuelen 1000",
      "link set dev swl-eth0 up",
      "ip link set dev eth0 alias [swarmlab offloads=tso+gso segments=65535 clsact=1]",
      "qdisc add dev eth0 root handle 5a1b: htb default 10",
      "class add dev eth0 parent 5a1b: classid 5a1b:1 htb rate 384000bit burst 1514 ceil 384000bit cburst 1514 quantum 1514",
      "class add dev eth0 parent 5a1b:1 classid 5a1b:10 htb rate 1000bit burst 1514 ceil 384000bit cburst 1514 quantum 1514",
      "qdisc add dev eth0 parent 5a1b:10 handle 5b10: netem limit 1000 delay 25ms 1ms distribution normal loss 0% corrupt 0% duplicate 0% reorder 0% rate 1tbit 2",
      "filter add dev eth0 parent 5a1b: protocol ipv6 pref 23020 u32 match u32 0x00003a00 0x0000ff00 at 4 match u32 0x87000000 0xff000000 at 40 flowid 5a1b:0",
      "filter add dev eth0 parent 5a1b: protocol ipv6 pref 23020 u32 match u32 0x00003a00 0x0000ff00 at 4 match u32 0x88000000 0xff000000 at 40 flowid 5a1b:0",
      "filter add dev eth0 parent 5a1b: protocol arp pref 23451 u32 match u32 0x00000000 0x00000000 at 0 flowid 5a1b:0",
      "qdisc add dev swl-eth0 root handle 5a1b: htb default 10",
      "class add dev swl-eth0 parent 5a1b: classid 5a1b:1 htb rate 1500000bit burst 3750 ceil 1500000bit cburst 3750 quantum 1514",
      "class add dev swl-eth0 parent 5a1b:1 classid 5a1b:10 htb rate 1000bit burst 1514 ceil 1500000bit cburst 3750 quantum 1514",
      "qdisc add dev swl-eth0 parent 5a1b:10 handle 5b10: netem limit 1000 delay 25ms 1ms distribution normal loss 0% corrupt 0% duplicate 0% reorder 0% rate 1tbit 2",
      "qdisc add dev eth0 clsact",
      "filter add dev eth0 ingress protocol ipv6 pref 23010 u32 match u32 0x00003a00 0x0000ff00 at 4 match u32 0x87000000 0xff000000 at 40 action pass",
      "filter add dev eth0 ingress protocol ipv6 pref 23010 u32 match u32 0x00003a00 0x0000ff00 at 4 match u32 0x88000000 0xff000000 at 40 action pass",
      "filter add dev eth0 ingress protocol ip pref 23800 u32 match u32 0x00000000 0x00000000 at 0 action mirred egress redirect dev swl-eth0",
      "filter add dev eth0 ingress protocol ipv6 pref 23801 u32 match u32 0x00000000 0x00000000 at 0 action mirred egress redirect dev swl-eth0",
    ]);
  });

  it("that adds nothing leaves no queue, but packets come one by one", async () => {
    const kernel = new FakeKernel();
    expect(await applied(kernel, desired("none"))).toEqual([
      "ip link set dev eth0 alias [swarmlab offloads=tso+gso segments=65535 clsact=0]",
      "ethtool -K eth0 tso off gso off",
      "link set dev eth0 gso_max_segs 1",
    ]);
  });

  it("is changed in place, every value said, where values change", async () => {
    const kernel = new FakeKernel();
    await applied(kernel, desired("dsl,loss=1%,corrupt=0.5%"));
    expect(await applied(kernel, desired("dsl,delay=30ms,jitter=0ms,up=2mbit"))).toEqual([
      "class change dev eth0 parent 5a1b: classid 5a1b:1 htb rate 2000000bit burst 5000 ceil 2000000bit cburst 5000 quantum 1514",
      "class change dev eth0 parent 5a1b:1 classid 5a1b:10 htb rate 1000bit burst 1514 ceil 2000000bit cburst 5000 quantum 1514",
      "qdisc change dev eth0 parent 5a1b:10 handle 5b10: netem limit 1000 delay 30ms loss 0% corrupt 0% duplicate 0% reorder 0% rate 1tbit 0",
      "qdisc change dev swl-eth0 parent 5a1b:10 handle 5b10: netem limit 1000 delay 30ms loss 0% corrupt 0% duplicate 0% reorder 0% rate 1tbit 0",
    ]);
  });

  it("changes its distribution alone", async () => {
    const kernel = new FakeKernel();
    await applied(kernel, desired("delay=20ms,jitter=5ms,distribution=pareto"));
    expect(await applied(kernel, desired("delay=20ms,jitter=5ms,distribution=normal"))).toEqual([
      "qdisc change dev eth0 parent 5a1b:10 handle 5b10: netem limit 50000 delay 20ms 5ms distribution normal loss 0% corrupt 0% duplicate 0% reorder 0% rate 1tbit 2",
      "qdisc change dev swl-eth0 parent 5a1b:10 handle 5b10: netem limit 50000 delay 20ms 5ms distribution normal loss 0% corrupt 0% duplicate 0% reorder 0% rate 1tbit 2",
    ]);
  });

  it("loses packets in bursts", async () => {
    const changes = await applied(new FakeKernel(), desired("loss=gemodel:1%:10%:70%:0.1%"));
    expect(changes).toContain(
      "qdisc add dev eth0 parent 5a1b:10 handle 5b10: netem limit 1000 delay 0ms loss gemodel 1% 10% 70% 0.1% corrupt 0% duplicate 0% reorder 0% rate 1tbit 0",
    );
  });

  it("is as fast as the interface where its rate is unlimited, and has 64-bit rates", async () => {
    const changes = await applied(new FakeKernel(), desired("down=40gbit,delay=1ms"));
    expect(changes).toContain(
      "class add dev eth0 parent 5a1b: classid 5a1b:1 htb rate 1000000000000bit burst 2500000000 ceil 1000000000000bit cburst 2500000000 quantum 1514",
    );
    expect(changes).toContain(
      "class add dev swl-eth0 parent 5a1b: classid 5a1b:1 htb rate 40000000000bit burst 100000000 ceil 40000000000bit cburst 100000000 quantum 1514",
    );
  });

  it("that is long and fat has queues for all that is on its way", async () => {
    const changes = await applied(new FakeKernel(), desired("up=50mbit,delay=300ms"));
    expect(changes.filter((line) => line.includes("netem limit"))).toEqual([
      expect.stringContaining("dev eth0 parent 5a1b:10 handle 5b10: netem limit 1875 delay 300ms"),
      expect.stringContaining("dev swl-eth0 parent 5a1b:10 handle 5b10: netem limit 375000 delay 300ms"),
    ]);
  });
});

describe("a link that gets shorter", () => {
  const leafOf = (kernel: FakeKernel) => kernel.devices.get("eth0")?.leaves.get("5a1b:10");
  const long = "up=50mbit,down=1mbit,delay=300ms";
  const short = "up=50mbit,down=1mbit,delay=20ms";

  it("keeps room for what waits in it, and gives it up as the queue gets shorter", async () => {
    const kernel = new FakeKernel();
    const controller = new LinkController(kernel, tables);
    await controller.apply(desired(long));
    const leaf = leafOf(kernel);
    const backlogs = [1500, 1400, 1400, 900, 800, 700];
    const seen = [];
    for (const backlogPackets of backlogs) {
      const present = leafOf(kernel);
      if (present) present.backlogPackets = backlogPackets;
      const { longQueues, changedCommands } = await controller.apply(desired(short));
      seen.push([leafOf(kernel)?.options.limit, longQueues, changedCommands]);
    }
    expect(leaf?.options.limit).toBe(1875);
    expect(seen).toEqual([
      [1875, 1, 3],
      [1750, 1, 1],
      [1750, 1, 0],
      [1125, 1, 1],
      [1000, 0, 1],
      [1000, 0, 0],
    ]);
  });

  it("keeps the room of a queue that is not empty even if that is short: what comes waits behind what is there", async () => {
    const kernel = new FakeKernel();
    const controller = new LinkController(kernel, tables);
    await controller.apply(desired(long));
    const leaf = leafOf(kernel);
    if (leaf) leaf.backlogPackets = 1;
    expect(await controller.apply(desired(short))).toMatchObject({ longQueues: 1 });
    expect(leafOf(kernel)?.options.limit).toBe(1875);
    expect(await controller.apply(desired(short))).toMatchObject({ longQueues: 0 });
    expect(leafOf(kernel)?.options.limit).toBe(1000);
  });

  it("has the room that is planned at once where nothing waits, or where that is more", async () => {
    const kernel = new FakeKernel();
    const controller = new LinkController(kernel, tables);
    await controller.apply(desired(long));
    expect(await controller.apply(desired(short))).toMatchObject({ longQueues: 0 });
    expect(leafOf(kernel)?.options.limit).toBe(1000);
    const leaf = leafOf(kernel);
    if (leaf) leaf.backlogPackets = 1000;
    expect(await controller.apply(desired(long))).toMatchObject({ longQueues: 0 });
    expect(leafOf(kernel)?.options.limit).toBe(1875);
  });

  it("keeps the room too while it is taken away", async () => {
    const kernel = new FakeKernel();
    const controller = new LinkController(kernel, tables, { drainTimeoutMs: 0 });
    await controller.apply(desired(long));
    const leaf = leafOf(kernel);
    if (leaf) leaf.backlogPackets = 1500;
    kernel.changes.length = 0;
    await controller.apply(desired("none"));
    expect(kernel.changes.filter((line) => line.includes("dev eth0 parent 5a1b:10 handle"))).toEqual([
      "qdisc change dev eth0 parent 5a1b:10 handle 5b10: netem limit 1875 delay 0ms loss 0% corrupt 0% duplicate 0% reorder 0% rate 1tbit 0",
    ]);
  });
});

describe("routes", () => {
  const tokyo = { delayMs: 80, destinations: ["10.0.0.9", "fd00::9"] };
  const sydney = { delayMs: 120, destinations: ["10.7.0.0/16"] };

  it("have a queue each, and filters that lead to it", async () => {
    const kernel = new FakeKernel();
    await applied(kernel, desired("delay=10ms"));
    expect(await applied(kernel, desired("delay=10ms", { routes: [tokyo, sydney] }))).toEqual([
      "class add dev eth0 parent 5a1b:1 classid 5a1b:11 htb rate 1000bit burst 1514 ceil 1000000000000bit cburst 2500000000 quantum 1514",
      "class add dev eth0 parent 5a1b:1 classid 5a1b:12 htb rate 1000bit burst 1514 ceil 1000000000000bit cburst 2500000000 quantum 1514",
      "qdisc add dev eth0 parent 5a1b:11 handle 5b11: netem limit 112500 delay 90ms loss 0% corrupt 0% duplicate 0% reorder 0% rate 1tbit 0",
      "qdisc add dev eth0 parent 5a1b:12 handle 5b12: netem limit 162500 delay 130ms loss 0% corrupt 0% duplicate 0% reorder 0% rate 1tbit 0",
      "filter add dev eth0 parent 5a1b: protocol ip pref 23500 handle 5b4: u32 divisor 256",
      "filter add dev eth0 parent 5a1b: protocol ip pref 23500 u32 match u32 0x00000000 0x00000000 at 0 hashkey mask 0x000000ff at 16 link 5b4:",
      "filter add dev eth0 parent 5a1b: protocol ipv6 pref 23600 handle 5b6: u32 divisor 256",
      "filter add dev eth0 parent 5a1b: protocol ipv6 pref 23600 u32 match u32 0x00000000 0x00000000 at 0 hashkey mask 0x000000ff at 36 link 5b6:",
      "filter add dev eth0 parent 5a1b: protocol ip pref 23500 u32 ht 5b4:9: match u32 0x0a000009 0xffffffff at 16 flowid 5a1b:11",
      "filter add dev eth0 parent 5a1b: protocol ipv6 pref 23600 u32 ht 5b6:9: match u32 0xfd000000 0xffffffff at 24 match u32 0x00000000 0xffffffff at 28 match u32 0x00000000 0xffffffff at 32 match u32 0x00000009 0xffffffff at 36 flowid 5a1b:11",
      "filter add dev eth0 parent 5a1b: protocol ip pref 23516 u32 match u32 0x0a070000 0xffff0000 at 16 flowid 5a1b:12",
    ]);
  });

  it("keep their queues when others go, and when their delay changes", async () => {
    const kernel = new FakeKernel();
    await applied(kernel, desired("delay=10ms", { routes: [tokyo, sydney] }));
    expect(await applied(kernel, desired("delay=10ms", { routes: [{ ...sydney, delayMs: 125 }] }))).toEqual([
      "qdisc change dev eth0 parent 5a1b:12 handle 5b12: netem limit 168750 delay 135ms loss 0% corrupt 0% duplicate 0% reorder 0% rate 1tbit 0",
      expect.stringMatching(/^filter del dev eth0 parent 5a1b: protocol ip pref 23500 handle 5b4:9:\S+ u32$/),
      expect.stringMatching(
        /^filter del dev eth0 parent 5a1b: protocol ipv6 pref 23600 handle 5b6:9:\S+ u32$/,
      ),
      "class del dev eth0 classid 5a1b:11",
    ]);
  });

  it("that are taken away keep their queue until it is empty", async () => {
    const kernel = new FakeKernel();
    await applied(kernel, desired("delay=10ms", { routes: [tokyo] }));
    const leaf = kernel.devices.get("eth0")?.leaves.get("5a1b:11");
    if (leaf) leaf.backlogPackets = 3;
    const controller = new LinkController(kernel, tables, { drainTimeoutMs: 0 });
    expect(await controller.apply(desired("delay=10ms"))).toMatchObject({ undrainedQueues: 1 });
    expect(kernel.devices.get("eth0")?.classes.has("5a1b:11")).toBe(true);
    if (leaf) leaf.backlogPackets = 0;
    expect(await controller.apply(desired("delay=10ms"))).toMatchObject({
      changedCommands: 1,
      undrainedQueues: 0,
    });
    expect(kernel.devices.get("eth0")?.classes.has("5a1b:11")).toBe(false);
  });

  it("with duplicates are refused with an explanation where the kernel refuses them", async () => {
    const kernel = new FakeKernel();
    await expect(
      applied(kernel, desired("delay=10ms,duplicate=1%", { routes: [tokyo] })),
    ).rejects.toMatchObject({
      code: "DUPLICATE_REFUSED",
      message: expect.stringContaining("leave out duplicate, or the routes"),
    });
  });

  it("make room for duplicates when they go", async () => {
    const kernel = new FakeKernel();
    await applied(kernel, desired("delay=10ms", { routes: [tokyo] }));
    const changes = await applied(kernel, desired("delay=10ms,duplicate=1%"));
    expect(changes.indexOf("class del dev eth0 classid 5a1b:11")).toBeLessThan(
      changes.findIndex((line) => line.includes("duplicate 1%")),
    );
    expect((await applied(kernel, desired("delay=10ms,duplicate=1%"))).length).toBe(0);
  });
});

describe("blocked addresses", () => {
  const neighbours = (hook: string, preference: number): string[] =>
    ["0x87000000", "0x88000000"].map(
      (type) =>
        `filter add dev eth0 ${hook} protocol ipv6 pref ${preference} u32 match u32 0x00003a00 0x0000ff00 at 4 match u32 ${type} 0xff000000 at 40 action pass`,
    );

  it("are dropped in both directions, on a link that adds nothing too", async () => {
    const kernel = new FakeKernel();
    await applied(kernel, desired("none"));
    expect(await applied(kernel, desired("none", { blockedAddresses: ["10.0.0.9", "fd00::/64"] }))).toEqual([
      "ip link set dev eth0 alias [swarmlab offloads=tso+gso segments=65535 clsact=1]",
      "qdisc add dev eth0 clsact",
      "filter add dev eth0 ingress protocol ip pref 23050 handle 5a4: u32 divisor 256",
      "filter add dev eth0 ingress protocol ip pref 23050 u32 match u32 0x00000000 0x00000000 at 0 hashkey mask 0x000000ff at 12 link 5a4:",
      ...neighbours("ingress", 23010),
      "filter add dev eth0 ingress protocol ip pref 23050 u32 ht 5a4:9: match u32 0x0a000009 0xffffffff at 12 action drop",
      "filter add dev eth0 ingress protocol ipv6 pref 23164 u32 match u32 0xfd000000 0xffffffff at 8 match u32 0x00000000 0xffffffff at 12 action drop",
      "filter add dev eth0 egress protocol ip pref 23250 handle 5b4: u32 divisor 256",
      "filter add dev eth0 egress protocol ip pref 23250 u32 match u32 0x00000000 0x00000000 at 0 hashkey mask 0x000000ff at 16 link 5b4:",
      ...neighbours("egress", 23020),
      "filter add dev eth0 egress protocol ip pref 23250 u32 ht 5b4:9: match u32 0x0a000009 0xffffffff at 16 action drop",
      "filter add dev eth0 egress protocol ipv6 pref 23364 u32 match u32 0xfd000000 0xffffffff at 24 match u32 0x00000000 0xffffffff at 28 action drop",
    ]);
    expect(await applied(kernel, desired("none"))).toEqual([
      "qdisc del dev eth0 clsact",
      "ip link set dev eth0 alias [swarmlab offloads=tso+gso segments=65535 clsact=0]",
    ]);
  });
});

describe("unshaped ports", () => {
  it("go around the queues in both directions", async () => {
    const changes = await applied(new FakeKernel(), desired("delay=5ms", { unshapedPorts: [9100] }));
    expect(changes.filter((line) => /pref 2346[01]/.test(line))).toEqual(
      ["parent 5a1b:", "ingress"].flatMap((hook) => {
        const target = hook === "ingress" ? "action pass" : "flowid 5a1b:0";
        return ["0x238c0000 0xffff0000", "0x0000238c 0x0000ffff"].flatMap((port) =>
          ["06", "11"].flatMap((transport) => [
            `filter add dev eth0 ${hook} protocol ip pref 23460 u32 match u32 0x00${transport}0000 0x00ff0000 at 8 match u32 0x00000000 0x00001fff at 4 match u32 ${port} at 20 ${target}`,
            `filter add dev eth0 ${hook} protocol ipv6 pref 23461 u32 match u32 0x0000${transport}00 0x0000ff00 at 4 match u32 ${port} at 40 ${target}`,
          ]),
        );
      }),
    );
  });
});

describe("TCP's buffers", () => {
  it("grow with a long fat link, and shrink back to what they were", async () => {
    const kernel = new FakeKernel();
    const controller = new LinkController(kernel, tables);
    const wide = await controller.apply(desired("up=50mbit,down=100mbit,delay=300ms"));
    expect(wide.tcpBuffers).toBe("set");
    expect(kernel.files.get("/proc/sys/net/ipv4/tcp_rmem")).toBe("4096\t131072\t60000000\n");
    expect(kernel.files.get("/proc/sys/net/ipv4/tcp_wmem")).toBe("4096\t16384\t30000000\n");
    await controller.apply(desired("dsl"));
    expect(kernel.files.get("/proc/sys/net/ipv4/tcp_rmem")).toBe("4096\t131072\t6291456\n");
    expect(kernel.files.get("/proc/sys/net/ipv4/tcp_wmem")).toBe("4096\t16384\t4194304\n");
  });

  it("that cannot be written are reported", async () => {
    const kernel = new FakeKernel();
    kernel.areFilesWritable = false;
    const controller = new LinkController(kernel, tables);
    expect(await controller.apply(desired("up=50mbit,delay=300ms"))).toMatchObject({
      tcpBuffers: "not-writable",
    });
    expect(await controller.apply(desired("dsl"))).toMatchObject({ tcpBuffers: "enough" });
  });
});

describe("what belongs to somebody else", () => {
  it("stays at the root, and a link says what is in its way", async () => {
    const kernel = new FakeKernel();
    const device = kernel.devices.get("eth0");
    if (device) device.root = "tbf 8001:";
    await expect(applied(kernel, desired("dsl"))).rejects.toMatchObject({
      code: "FOREIGN_QDISC",
      message: expect.stringContaining("tc qdisc del dev eth0 root"),
    });
    expect(kernel.changes).toEqual([]);
    await applied(kernel, desired("none"));
    expect(device?.root).toBe("tbf 8001:");
  });

  it("stays at the hooks, and so does its qdisc", async () => {
    const kernel = new FakeKernel();
    const device = kernel.devices.get("eth0");
    if (device) device.hooks = "clsact";
    device?.addForeignFilter("ingress");
    const before = device?.showFilters("ingress");
    await applied(kernel, desired("dsl", { blockedAddresses: ["10.0.0.9"] }));
    await new LinkController(kernel, tables).remove("eth0");
    expect(device?.hooks).toBe("clsact");
    expect(device?.showFilters("ingress")).toBe(before);
    expect(device?.showFilters("egress")).toBe("[]");
  });

  it("stays in our clsact qdisc, which then stays too", async () => {
    const kernel = new FakeKernel();
    const device = kernel.devices.get("eth0");
    await applied(kernel, desired("dsl", { blockedAddresses: ["10.0.0.9"] }));
    device?.addForeignFilter("egress");
    await new LinkController(kernel, tables).remove("eth0");
    expect(device?.hooks).toBe("clsact");
    expect(device?.showFilters("ingress")).toBe("[]");
    expect(device?.showFilters("egress")).toContain("flower");
  });

  it("stays as the interface's alias", async () => {
    const kernel = new FakeKernel();
    const device = kernel.devices.get("eth0");
    if (device) device.alias = "uplink of lab 7";
    await applied(kernel, desired("dsl"));
    expect(device?.alias).toBe("uplink of lab 7 [swarmlab offloads=tso+gso segments=65535 clsact=1]");
    await new LinkController(kernel, tables).remove("eth0");
    expect(device?.alias).toBe("uplink of lab 7");
  });

  it("is in the way if it is the older ingress qdisc", async () => {
    const kernel = new FakeKernel();
    const device = kernel.devices.get("eth0");
    if (device) device.hooks = "ingress";
    await expect(applied(kernel, desired("dsl"))).rejects.toMatchObject({ code: "FOREIGN_QDISC" });
  });
});

describe("a controller", () => {
  it("carries out one change after the other", async () => {
    const kernel = new FakeKernel();
    const controller = new LinkController(kernel, tables);
    const results = await Promise.all([
      controller.apply(desired("dsl")),
      controller.apply(desired("dsl")),
      controller.apply(desired("cable")),
    ]);
    expect(results.map(({ changedCommands }) => changedCommands > 0)).toEqual([true, false, true]);
  });

  it("knows no interface that is not there, and takes away what is left of one that was", async () => {
    const kernel = new FakeKernel();
    const controller = new LinkController(kernel, tables);
    await controller.apply(desired("dsl"));
    kernel.devices.delete("eth0");
    await expect(controller.apply(desired("dsl"))).rejects.toMatchObject({ code: "NO_SUCH_INTERFACE" });
    await expect(controller.statistics("eth0")).rejects.toMatchObject({ code: "NO_SUCH_INTERFACE" });
    await controller.remove("eth0");
    expect([...kernel.devices.keys()]).toEqual([]);
  });

  it("changes nothing for a link that cannot be", async () => {
    const kernel = new FakeKernel();
    const link = { ...NO_LINK, delayMs: 1, jitterMs: 2 };
    await expect(applied(kernel, { ...desired("none"), link })).rejects.toMatchObject({ code: "BAD_LINK" });
    expect(kernel.changes).toEqual([]);
  });
});
