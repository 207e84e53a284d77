import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { hostNames, localAddress } from "./local-address.js";
import { createLogger } from "./logger.js";

const { signal } = new AbortController();
const log: string[] = [];
const logger = createLogger({
  name: "test",
  level: "info",
  format: "lines",
  write: (line) => log.push(line),
});
// TEST-NET-3 (RFC 5737): nobody has these.
const others = ["203.0.113.1", "203.0.113.2"];

function find(host: string, resolve?: (name: string) => Promise<string[]>, timeoutMs = 0) {
  const options = { logger, signal, timeoutMs, ...(resolve === undefined ? {} : { resolve }) };
  return localAddress({ host, port: 9100 }, options);
}

describe("localAddress", () => {
  it("leaves literals as they are, whoever has them", async () => {
    for (const host of ["::", "0.0.0.0", "127.0.0.1", "::1", others[0] ?? ""]) {
      expect(await find(host)).toEqual({ host, port: 9100 });
    }
  });

  it("asks the system for a name", async () => {
    expect(await find("localhost")).toEqual({ host: "127.0.0.1", port: 9100 });
  });

  it("picks what this machine has of a name that stands for many", async () => {
    expect(await find("leecher.control", async () => [...others, "127.0.0.1"])).toMatchObject({
      host: "127.0.0.1",
    });
    for (const { address } of Object.values(networkInterfaces()).flatMap((each) => each ?? [])) {
      expect(await find("leecher.control", async () => [...others, address])).toMatchObject({
        host: address,
      });
    }
  });

  it("prefers IPv4, and takes any loopback address", async () => {
    expect(await find("example", async () => ["::1", "127.0.1.1"])).toMatchObject({ host: "127.0.1.1" });
  });

  it("takes what this machine has of a subnet, without anybody's knowing its name", async () => {
    const unasked = () => Promise.reject(new Error("nobody is to be asked"));
    expect(await find("127.0.0.0/8", unasked)).toEqual({ host: "127.0.0.1", port: 9100 });
    expect(await find("::1/128", unasked)).toMatchObject({ host: "::1" });
    await expect(find("203.0.113.0/24", unasked)).rejects.toMatchObject({
      code: "NOT_AVAILABLE",
      message: expect.stringContaining("this host has no address in the subnet 203.0.113.0/24 (it has "),
    });
  });

  it("tries again while the name is not there or stands for others only", async () => {
    let asked = 0;
    const resolve = async () => {
      asked++;
      if (asked === 1) throw new Error("not yet");
      return asked === 2 ? others : ["127.0.0.1"];
    };
    expect(await find("leecher.control", resolve, 10_000)).toMatchObject({ host: "127.0.0.1" });
    expect(asked).toBe(3);
    expect(log).toEqual([expect.stringMatching(/waiting for an address to listen on reason=.*not yet/)]);
  });

  it("says which addresses the name has and which the machine", async () => {
    await expect(find("leecher.control", async () => others)).rejects.toMatchObject({
      name: "ListenError",
      code: "NOT_AVAILABLE",
      message: expect.stringMatching(
        /^cannot listen on leecher\.control:9100: .*203\.0\.113\.1, 203\.0\.113\.2.*\(it has .*127\.0\.0\.1/,
      ),
    });
  });

  it("says that the name has no address", async () => {
    const unknown = () => Promise.reject(new Error("example of a reason"));
    await expect(find("leecher.control", unknown)).rejects.toMatchObject({
      code: "UNKNOWN_NAME",
      message: expect.stringContaining("leecher.control has no address (example of a reason)"),
    });
  });

  it("stops when it is told to, although the system's look-up cannot be", async () => {
    const controller = new AbortController();
    const found = localAddress(
      { host: "example", port: 1 },
      { logger, signal: controller.signal, resolve: () => new Promise(() => {}) },
    );
    controller.abort("stop");
    await expect(found).rejects.toBe("stop");
  });
});

describe("hostNames", () => {
  it("are what is no literal", () => {
    const addresses = [
      { host: "::" },
      undefined,
      { host: "leecher.control" },
      { host: "127.0.0.1" },
      { host: "10.0.7.0/24" },
    ];
    expect(hostNames(addresses)).toEqual(["leecher.control"]);
  });
});
