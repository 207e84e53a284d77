import { parseLink } from "@swarmlab/scenario/link";
import { CommandError, type CommandRunner } from "@swarmlab/tc-wrapper/command-runner";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePing, ping, pingPlan } from "./ping.js";

/** As iputils 20221126 prints it. */
const output = `PING 172.20.0.5 (172.20.0.5) 56(84) bytes of data.
64 bytes from 172.20.0.5: icmp_seq=1 ttl=64 time=50.1 ms
64 bytes from 172.20.0.5: icmp_seq=2 ttl=64 time=0.045 ms
64 bytes from 172.20.0.5: icmp_seq=2 ttl=64 time=61.0 ms (DUP!)
64 bytes from 172.20.0.5: icmp_seq=4 ttl=64 time=1003 ms

--- 172.20.0.5 ping statistics ---
4 packets transmitted, 3 received, +1 duplicates, 25% packet loss, time 60ms
rtt min/avg/max/mdev = 0.045/278.536/1003.0/419.1 ms
`;

const printing = (text: string): CommandRunner => ({ run: async () => text });
const failing = (error: CommandError): CommandRunner => ({ run: () => Promise.reject(error) });
const plan = { count: 4, intervalMs: 20, timeoutSeconds: 1 };
const { signal } = new AbortController();

describe("parsePing", () => {
  it("reads the round trip of each request that was answered, once", () => {
    expect(parsePing(output)).toEqual([50.1, 0.045, 1003]);
  });

  it("reads IPv6 and names, too", () => {
    expect(parsePing("64 bytes from fd00::5: icmp_seq=1 ttl=64 time=3.1 ms\n")).toEqual([3.1]);
    expect(parsePing("64 bytes from host (10.0.0.1): icmp_seq=1 ttl=64 time=3.2 ms\n")).toEqual([3.2]);
  });

  it("finds numbers or nothing in any text", () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom(" icmp_seq=", " ttl=64", " time=", "1.5", " ms\n"));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        for (const rttMs of parsePing(pieces.join(""))) expect(rttMs).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("ping", () => {
  it("asks as planned", async () => {
    const asked: string[] = [];
    const commands: CommandRunner = {
      run: async (program, args) => {
        asked.push([program, ...args].join(" "));
        return output;
      },
    };
    expect(await ping(commands, "172.20.0.5", plan, signal)).toEqual([50.1, 0.045, 1003]);
    expect(asked).toEqual(["ping -n -c 4 -i 0.02 -W 1 172.20.0.5"]);
  });

  it("says when too little comes back", async () => {
    const one = printing("64 bytes from 10.0.0.1: icmp_seq=1 ttl=64 time=3.2 ms\n");
    await expect(ping(one, "10.0.0.1", plan, signal)).rejects.toMatchObject({
      code: "NO_ANSWER",
      message: "1 of 4 pings were answered",
    });
    const none = failing(new CommandError("FAILED", "ping", 1, ""));
    await expect(ping(none, "10.0.0.1", plan, signal)).rejects.toMatchObject({ code: "NO_ANSWER" });
  });

  it("says when there is no ping, or it may not", async () => {
    const missing = failing(new CommandError("NOT_FOUND", "ping", null, ""));
    await expect(ping(missing, "10.0.0.1", plan, signal)).rejects.toMatchObject({ code: "NO_PING" });
    const refused = failing(new CommandError("FAILED", "ping", 2, "ping: socket: Operation not permitted"));
    await expect(ping(refused, "10.0.0.1", plan, signal)).rejects.toMatchObject({
      code: "NO_PING",
      message: expect.stringContaining("not permitted"),
    });
  });
});

describe("pingPlan", () => {
  it("takes 10 pings over a link that loses nothing, and more over others", () => {
    expect(pingPlan([parseLink("delay=300ms")])).toEqual({ count: 10, intervalMs: 20, timeoutSeconds: 3 });
    // 0.9 x 0.9 of the packets come back.
    expect(pingPlan([parseLink("loss=10%")]).count).toBe(13);
    expect(pingPlan([parseLink("loss=100%")]).count).toBe(100);
  });

  it("keeps pings apart by more than jitter and rate would", () => {
    expect(pingPlan([parseLink("delay=100ms,jitter=20ms")]).intervalMs).toBe(80);
    // 98 bytes take 39.2 ms.
    expect(pingPlan([parseLink("up=20kbit")]).intervalMs).toBe(79);
  });
});
