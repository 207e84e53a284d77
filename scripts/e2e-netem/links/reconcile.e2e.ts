import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { interfaceOfAddress } from "@swarmlab/tc-wrapper/interface-of-address";
import { probeKernel } from "@swarmlab/tc-wrapper/kernel-support";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { measureRtt } from "../instruments/ping.js";
import { expectRtt, note } from "./expectations.js";
import { createNetemLab, interfaceName, type LabNode, type NetemLab } from "./netem-lab.js";

const restless = fileURLToPath(new URL("restless-program.ts", import.meta.url));

let lab: NetemLab<"a" | "b">;
beforeAll(async () => {
  lab = await createNetemLab(["a", "b"]);
});
afterAll(() => lab.close());
// Whatever became of a test, the next one, and a second try, find a clean interface.
afterEach(async () => {
  const { a } = lab.nodes;
  await a.controller.remove(interfaceName);
  for (const foreign of ["root", "clsact"]) {
    await a.commands.run("tc", ["qdisc", "del", "dev", interfaceName, foreign]).catch(() => {});
  }
  await a.commands.run("ip", ["link", "set", "dev", interfaceName, "alias", ""]);
});

/** All that a link could leave behind in a namespace. */
async function remains({ commands }: LabNode): Promise<string> {
  const seen = [
    await commands.run("tc", ["qdisc", "show"]),
    await commands.run("tc", ["filter", "show", "dev", interfaceName, "ingress"]),
    await commands.run("tc", ["filter", "show", "dev", interfaceName, "egress"]),
    await commands.run("ip", ["-d", "link", "show"]),
    await commands.run("ethtool", ["-k", interfaceName]),
    await commands.run("cat", ["/proc/sys/net/ipv4/tcp_rmem", "/proc/sys/net/ipv4/tcp_wmem"]),
  ];
  return seen.join("");
}

const fatLink = "up=100mbit,down=100mbit,delay=100ms,jitter=5ms,distribution=normal";

describe("a link that is removed", () => {
  it("leaves nothing behind", async () => {
    const { a, b } = lab.nodes;
    const before = await remains(a);
    await a.apply(fatLink, {
      routes: [{ delayMs: 20, destinations: [b.ipv4, b.ipv6] }],
      blockedAddresses: ["10.78.0.99"],
      unshapedPorts: [9100],
    });
    expect(await remains(a)).not.toBe(before);
    await a.controller.remove(interfaceName);
    expect(await remains(a)).toBe(before);
  });

  it("leaves what others have put there", async () => {
    const { a, b } = lab.nodes;
    const tc = (...args: string[]): Promise<string> => a.commands.run("tc", args);
    await tc("qdisc", "add", "dev", interfaceName, "clsact");
    await tc(
      ..."filter add dev swarm0 ingress protocol ip pref 7 flower ip_proto udp dst_port 77 action drop".split(
        " ",
      ),
    );
    await tc(
      ..."filter add dev swarm0 egress protocol ip pref 8 u32 match ip dst 10.78.0.77/32 action drop".split(
        " ",
      ),
    );
    await a.commands.run("ip", ["link", "set", "dev", interfaceName, "alias", "uplink of rack 7"]);
    const before = await remains(a);
    await a.apply("delay=10ms", { blockedAddresses: ["10.78.0.99", "fd78::99"], unshapedPorts: [9100] });
    expectRtt(await measureRtt(a.commands, b.ipv4), 20);
    await a.controller.remove(interfaceName);
    const withoutHandles = (text: string): string =>
      text.replace(/ fh \S+|key ht \S+|order \d+|index \d+/g, "");
    expect(withoutHandles(await remains(a))).toBe(withoutHandles(before));
  });

  it("is not even made where somebody else's qdisc is at the root", async () => {
    const { a } = lab.nodes;
    await a.commands.run("tc", "qdisc add dev swarm0 root tbf rate 1mbit burst 10k latency 50ms".split(" "));
    const before = await remains(a);
    await expect(a.apply("dsl")).rejects.toMatchObject({ code: "FOREIGN_QDISC" });
    expect(await remains(a)).toBe(before);
  });
});

describe("a link that is applied again", () => {
  it("changes nothing", async () => {
    const { a, b } = lab.nodes;
    const more = {
      routes: [
        { delayMs: 20.123, destinations: [b.ipv4, "10.77.0.0/16", "0.0.0.0/0"] },
        { delayMs: 33.3, destinations: ["fd77::/33", "fd78::77", "::/0"] },
      ],
      blockedAddresses: ["10.78.0.99", "10.99.0.0/17", "fd99::/65", "fd78::99"],
      unshapedPorts: [9100, 53],
    };
    const link =
      "up=1234567bit,down=7654321bit,delay=12.3456ms,jitter=1.2345ms,distribution=pareto," +
      "loss=gemodel:1.23%:12.3%:45.6%:0.0123%,corrupt=0.0123%,reorder=1.23456%";
    await a.apply(link, more);
    expect(await a.apply(link, more)).toMatchObject({ changedCommands: 0 });
  });
});

describe("a process that is killed in the middle of a change", () => {
  it("is carried on by another, which can also take everything away", async () => {
    const { a, b } = lab.nodes;
    const before = await remains(a);
    const rounds = 3;
    for (let round = 0; round < rounds; round++) {
      const child = await startRestless(a);
      await delay(500 + 170 * round);
      child.kill("SIGKILL");
      await once(child, "exit");
      if (round % 2 === 0) {
        await a.apply("delay=15ms", { routes: [{ delayMs: 5, destinations: [b.ipv4] }] });
        expect(
          await a.apply("delay=15ms", { routes: [{ delayMs: 5, destinations: [b.ipv4] }] }),
        ).toMatchObject({
          changedCommands: 0,
        });
        expectRtt(await measureRtt(a.commands, b.ipv4), 35);
      }
      if (round % 2 === 1) {
        await a.controller.remove(interfaceName);
        expect(await remains(a)).toBe(before);
      }
    }
    note("killed", `${rounds} times`);
  }, 120_000);
});

describe("an interface that goes away", () => {
  it("leaves an IFB device, which is taken away too", async () => {
    const { b } = lab.nodes;
    await b.commands.run("ip", ["link", "add", "extra0", "type", "veth", "peer", "name", "extra1"]);
    await b.apply("dsl", { interfaceName: "extra0" });
    await b.commands.run("ip", ["link", "del", "extra0"]);
    await b.controller.remove("extra0");
    expect(await b.commands.run("ip", ["link", "show"])).not.toContain("swl-extra0");
    await expect(b.apply("dsl", { interfaceName: "extra0" })).rejects.toMatchObject({
      code: "NO_SUCH_INTERFACE",
    });
  });
});

describe("a kernel with netem", () => {
  it("is found to have all that links need, and is left as it was", async () => {
    const { b } = lab.nodes;
    const before = await remains(b);
    const support = await probeKernel(b.commands);
    expect(support).toMatchObject({
      isComplete: true,
      explanation: expect.stringContaining("has all that links need"),
    });
    expect(await remains(b)).toBe(before);
  });

  it("tells an interface by its address", async () => {
    const { b } = lab.nodes;
    expect(await interfaceOfAddress(b.commands, b.ipv4)).toBe(interfaceName);
    expect(await interfaceOfAddress(b.commands, "FD78:0:0::2")).toBe(interfaceName);
    await expect(interfaceOfAddress(b.commands, "10.78.0.200")).rejects.toMatchObject({
      code: "NO_SUCH_ADDRESS",
    });
  });
});

async function startRestless(node: LabNode): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["--import", "tsx", restless, node.namespacePath], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}
