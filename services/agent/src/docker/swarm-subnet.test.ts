import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { ownAddressIn } from "./swarm-subnet.js";

function address(text: string): NetworkInterfaceInfo {
  const base = { address: text, netmask: "", mac: "", internal: false, cidr: null };
  return text.includes(":") ? { ...base, family: "IPv6", scopeid: 0 } : { ...base, family: "IPv4" };
}

describe("ownAddressIn", () => {
  const interfaces = {
    lo: [address("127.0.0.1"), address("::1")],
    eth0: [address("172.20.1.9"), address("fd00:20::9")],
    eth1: [address("172.21.0.9")],
  };

  it("finds the address and its interface, IPv4 if it can", () => {
    const own = ownAddressIn(["fd00:20::/64", "172.20.0.0/16"], interfaces);
    expect(own).toEqual({ address: "172.20.1.9", interfaceName: "eth0" });
    expect(ownAddressIn(["fd00:20::/64"], interfaces)).toEqual({
      address: "fd00:20::9",
      interfaceName: "eth0",
    });
  });

  it("finds none on a network that we are not on", () => {
    expect(ownAddressIn(["172.22.0.0/16"], interfaces)).toBeUndefined();
    expect(ownAddressIn([], interfaces)).toBeUndefined();
  });
});
