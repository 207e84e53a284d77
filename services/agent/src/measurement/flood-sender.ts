import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { FloodCount } from "./arrival-rate.js";

export interface FloodSenderOptions {
  readonly host: string;
  readonly port: number;
  /** What each datagram begins with. */
  readonly token: Uint8Array;
  readonly payloadBytes: number;
  readonly datagramsPerSecond: number;
}

const tickMs = 1;
/** When so many wait in this process, the kernel's queue is full: the link is as busy as it can be. */
const maxWaiting = 64;
/** A process that was kept from sending makes up for so much of it: the link's queue takes it, and does not run empty. */
const maxLateSeconds = 0.5;
/** Sent at once at the beginning, so that there is a queue from the first moment. */
const headStartSeconds = 0.2;
const maxHeadStart = 500;

/** Sends datagrams at an even pace until the signal, and tells how many. */
export async function sendFlood(options: FloodSenderOptions, signal: AbortSignal): Promise<FloodCount> {
  const { host, port, token, payloadBytes, datagramsPerSecond } = options;
  const payload = Buffer.alloc(payloadBytes);
  payload.set(token.subarray(0, payloadBytes));
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  // Once the receiver has gone, the system says so for each datagram.
  socket.on("error", () => undefined);
  await new Promise<void>((resolve) => socket.connect(port, host, resolve));
  const startMs = performance.now();
  let sent = 0;
  let due = Math.min(maxHeadStart, datagramsPerSecond * headStartSeconds);
  let accountedMs = startMs;
  while (!signal.aborted) {
    const nowMs = performance.now();
    due += ((nowMs - accountedMs) / 1000) * datagramsPerSecond;
    accountedMs = nowMs;
    due = Math.min(due, Math.max(1, datagramsPerSecond * maxLateSeconds));
    while (due >= 1 && socket.getSendQueueCount() < maxWaiting) {
      socket.send(payload);
      sent += 1;
      due -= 1;
    }
    await delay(tickMs);
  }
  const seconds = (performance.now() - startMs) / 1000;
  socket.close();
  return { datagrams: sent, seconds };
}
