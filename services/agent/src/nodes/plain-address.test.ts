import { describe, expect, it } from "vitest";
import { plainAddress } from "./plain-address.js";

describe("plainAddress", () => {
  it.each([
    ["172.20.0.5", "172.20.0.5"],
    ["::ffff:172.20.0.5", "172.20.0.5"],
    ["::FFFF:172.20.0.5", "172.20.0.5"],
    ["fd00::5", "fd00::5"],
    ["FD00::5", "fd00::5"],
    ["::ffff:7", "::ffff:7"],
    ["", ""],
  ])("of %s is %s", (address, plain) => {
    expect(plainAddress(address)).toBe(plain);
  });
});
