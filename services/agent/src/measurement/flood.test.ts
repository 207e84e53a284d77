import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { droppedDatagrams, receiveFlood } from "./flood-receiver.js";
import { sendFlood } from "./flood-sender.js";

const token = Buffer.from("example!");

/** Floods over loopback, whose rate is the sender's pace. */
async function flood(datagramsPerSecond: number, sentToken = token) {
  const stop = new AbortController();
  let listening: (port: number) => void = () => undefined;
  const port = new Promise<number>((resolve) => {
    listening = resolve;
  });
  const receiving = receiveFlood({
    host: "127.0.0.1",
    token,
    warmUpMs: 300,
    windowMs: 400,
    timeoutMs: 1500,
    onListening: listening,
  });
  const sending = sendFlood(
    { host: "127.0.0.1", port: await port, token: sentToken, payloadBytes: 1000, datagramsPerSecond },
    stop.signal,
  );
  const received = await receiving;
  stop.abort();
  return { received, sent: await sending };
}

describe("a flood", () => {
  it("arrives at the pace that it is sent with", async () => {
    const { received, sent } = await flood(2000);
    expect(received.seconds).toBeGreaterThanOrEqual(0.4);
    // How evenly it is sent depends on what else this machine does.
    expect(received.datagrams / received.seconds).toBeGreaterThan(1400);
    expect(received.datagrams / received.seconds).toBeLessThan(2600);
    expect(sent.datagrams).toBeGreaterThan(received.datagrams);
  });

  it("does not count datagrams of others", async () => {
    const { received } = await flood(500, Buffer.from("stranger"));
    expect(received).toEqual({ datagrams: 0, seconds: 0 });
  });
});

describe("droppedDatagrams", () => {
  const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 1078: 3600007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 15830 2 0000000000000000 3
  432: 0100007F:C2A8 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 99001 2 0000000000000000 42
`;

  it("reads the row of a port", () => {
    expect(droppedDatagrams(table, 49832)).toBe(42);
    expect(droppedDatagrams(table, 53)).toBe(3);
    expect(droppedDatagrams(table, 54)).toBe(0);
  });

  it("reads a number out of any text", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 65535 }), (text, port) => {
        expect(droppedDatagrams(`${table}${text}`, port)).not.toBeNaN();
      }),
    );
  });
});
