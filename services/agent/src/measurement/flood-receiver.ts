import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { ArrivalRate, type FloodCount, nothing } from "./arrival-rate.js";

export interface FloodReceiverOptions {
  /** The address to receive at; the system picks a port. */
  readonly host: string;
  /** What each datagram that counts begins with. */
  readonly token: Uint8Array;
  readonly warmUpMs: number;
  readonly windowMs: number;
  /** How long it may take in all. */
  readonly timeoutMs: number;
  readonly onListening: (port: number) => void;
}

const receiveBufferBytes = 4 * 1024 * 1024;

/**
 * Counts what arrives within the window, those datagrams too that the kernel got and this process did not: because they
 * were corrupted on the way, or came too fast.
 */
export function receiveFlood(options: FloodReceiverOptions): Promise<FloodCount> {
  const { host, token, warmUpMs, windowMs, timeoutMs } = options;
  const isV6 = isIPv6(host);
  return new Promise((resolve, reject) => {
    const socket = createSocket(isV6 ? "udp6" : "udp4");
    const arrivals = new ArrivalRate();
    let arrivedMs: number | undefined;
    let droppedBefore = 0;
    const dropped = () => {
      const table = readFileSync(`/proc/self/net/udp${isV6 ? "6" : ""}`, "utf8");
      return droppedDatagrams(table, socket.address().port);
    };
    const end = () => {
      clearTimeout(timer);
      const result = arrivals.count === 0 ? nothing : arrivals.withDropped(dropped() - droppedBefore);
      socket.close();
      resolve(result);
    };
    const timer = setTimeout(end, timeoutMs);
    socket.on("message", (message) => {
      if (Buffer.compare(message.subarray(0, token.length), token) !== 0) return;
      const nowMs = performance.now();
      arrivedMs ??= nowMs;
      if (nowMs - arrivedMs < warmUpMs) return;
      if (arrivals.count === 0) droppedBefore = dropped();
      arrivals.add(nowMs - arrivedMs - warmUpMs);
      if (arrivals.spanMs >= windowMs) end();
    });
    socket.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.bind({ address: host, port: 0 }, () => {
      enlargeReceiveBuffer(socket);
      options.onListening(socket.address().port);
    });
  });
}

/** How many datagrams for a local port the kernel dropped, as `/proc/net/udp` or `udp6` tells (proc(5)). */
export function droppedDatagrams(table: string, port: number): number {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  for (const line of table.split("\n")) {
    const fields = line.trim().split(/\s+/);
    if (fields[1]?.endsWith(`:${wanted}`) === true) return Number(fields.at(-1)) || 0;
  }
  return 0;
}

function enlargeReceiveBuffer(socket: ReturnType<typeof createSocket>): void {
  try {
    socket.setRecvBufferSize(receiveBufferBytes);
  } catch {
    // As much as the system allows is what the socket has anyway.
  }
}
