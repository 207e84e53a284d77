import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { SocketAddress } from "@swarmlab/settings/addresses";
import { MeasurementError } from "../measurement/measurement-error.js";

export interface RoundTripPlan {
  readonly count: number;
  readonly intervalMs: number;
  /** How long each answer, and the connection, is waited for. */
  readonly timeoutMs: number;
}

/**
 * Round trips in milliseconds, in the order in which they were made, of one byte each to a TCP server that sends back
 * what it gets. Where a byte or its answer is lost, TCP repeats it, and the round trip takes so much longer. Rejects with
 * MeasurementError `NO_ANSWER`, or with the signal's reason.
 */
export async function echoRoundTrips(
  { host, port }: SocketAddress,
  { count, intervalMs, timeoutMs }: RoundTripPlan,
  signal: AbortSignal,
): Promise<number[]> {
  signal.throwIfAborted();
  const socket = connect({ host, port, noDelay: true });
  // Who waits is told by `once`.
  socket.on("error", () => undefined);
  try {
    await within(socket, "connect", timeoutMs, signal);
    const samplesMs: number[] = [];
    for (let sent = 0; sent < count; sent += 1) {
      if (sent > 0) await delay(intervalMs, undefined, { signal });
      samplesMs.push(await roundTripMs(socket, timeoutMs, signal));
    }
    return samplesMs;
  } catch (cause) {
    signal.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MeasurementError("NO_ANSWER", `no echo from ${host}:${port}: ${reason}`, { cause });
  } finally {
    socket.destroy();
  }
}

async function roundTripMs(socket: Socket, timeoutMs: number, signal: AbortSignal): Promise<number> {
  const answered = within(socket, "data", timeoutMs, signal);
  const startMs = performance.now();
  socket.write(Uint8Array.of(0));
  await answered;
  return performance.now() - startMs;
}

async function within(
  socket: Socket,
  event: "connect" | "data",
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const timer = setTimeout(
    () => over.abort(new Error(`nothing within ${Math.round(timeoutMs)} ms`)),
    timeoutMs,
  );
  const either = AbortSignal.any([signal, over.signal]);
  const close = () => over.abort(new Error("it closed the connection"));
  socket.once("close", close);
  try {
    await once(socket, event, { signal: either });
  } catch (error) {
    // `once` wraps the reason.
    either.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    socket.off("close", close);
  }
}
