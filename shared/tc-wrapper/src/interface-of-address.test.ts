import { describe, expect, it } from "vitest";
import type { CommandRunner } from "./command-runner.js";
import { interfaceOfAddress } from "./interface-of-address.js";

const shown = JSON.stringify([
  { ifname: "lo", addr_info: [{ family: "inet", local: "127.0.0.1" }] },
  { ifname: "eth0", addr_info: [{ family: "inet", local: "172.18.0.3", prefixlen: 16 }] },
  {
    ifname: "eth1",
    addr_info: [
      { family: "inet", local: "172.19.0.3", prefixlen: 16 },
      { family: "inet6", local: "fd00:19::3", prefixlen: 64 },
    ],
  },
]);
const commands: CommandRunner = {
  run: (program, args) => {
    expect([program, ...args]).toEqual(["ip", "-j", "address", "show"]);
    return Promise.resolve(shown);
  },
};

describe("the interface", () => {
  it.each([
    ["172.18.0.3", "eth0"],
    ["172.19.0.3", "eth1"],
    ["FD00:19:0::3", "eth1"],
  ])("that has %s is %s", async (address, name) => {
    expect(await interfaceOfAddress(commands, address)).toBe(name);
  });

  it("of an address that none has is an error", async () => {
    await expect(interfaceOfAddress(commands, "172.18.0.4")).rejects.toMatchObject({
      code: "NO_SUCH_ADDRESS",
    });
    await expect(interfaceOfAddress(commands, "eth0")).rejects.toMatchObject({ code: "BAD_ADDRESS" });
  });
});
