import { describe, expect, it } from "vitest";
import { classId, handle, ifbNameOf } from "./names.js";

describe("names", () => {
  it("of classes and qdiscs are hexadecimal", () => {
    expect(classId(0x1f)).toBe("5a1b:1f");
    expect(handle(0x5b10)).toBe("5b10:");
  });

  it("of IFB devices say whose they are, as long as there is room", () => {
    expect(ifbNameOf("eth0")).toBe("swl-eth0");
    expect(ifbNameOf("swarm-network")).toMatch(/^swl-[0-9a-f]{11}$/);
    expect(ifbNameOf("swarm-network")).not.toBe(ifbNameOf("swarm-network2"));
  });

  it.each(["", "-eth0", "eth 0", "eth0\nlink del eth0", "a/b", "sixteen-letters-", 'eth"0'])(
    "of interfaces are not %j",
    (name) => {
      expect(() => ifbNameOf(name)).toThrow(expect.objectContaining({ code: "BAD_INTERFACE_NAME" }));
    },
  );
});
