import type { ByteStreamHandler, Network } from "@swarmlab/engine/ports/network";
import { AgentError } from "./agent-error.js";

export interface MeasureRttOptions {
  /** How often a byte is sent there and back. */
  readonly samples: number;
  /** With one sample at least, no other is begun after so long. */
  readonly enoughMs: number;
  /** Gives up when there is no sample after so long. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Round-trip times to a TCP server that sends back what it gets, in milliseconds, each of one byte alone on its
 * connection. Rejects with AgentError `LINK_NOT_MEASURED`, or with the signal's reason.
 */
export async function measureRtt(
  network: Network,
  echo: { readonly host: string; readonly port: number },
  options: MeasureRttOptions,
): Promise<number[]> {
  const { signal, timeoutMs } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, timeout]);
  try {
    const [host] = await network.resolve(echo.host, either);
    if (host === undefined) throw new Error("its name has no address");
    return await roundTrips(network, { host, port: echo.port }, options, either);
  } catch (cause) {
    signal.throwIfAborted();
    const reason = timeout.aborted ? `no echo in ${timeoutMs / 1000} s` : messageOf(cause);
    const where = `${echo.host}:${echo.port}`;
    throw new AgentError("LINK_NOT_MEASURED", `the link was not measured against ${where}: ${reason}`, {
      cause,
    });
  }
}

function roundTrips(
  network: Network,
  echo: { readonly host: string; readonly port: number },
  { samples, enoughMs }: MeasureRttOptions,
  signal: AbortSignal,
): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const rttMs: number[] = [];
    const byte = Uint8Array.of(0);
    let startedMs = 0;
    let sentMs = 0;
    const stream = network.connect(echo);
    const send = () => {
      sentMs = performance.now();
      stream.write([byte]);
    };
    const abort = () => stream.destroy(signal.reason instanceof Error ? signal.reason : undefined);
    const handler: ByteStreamHandler = {
      onConnect: () => {
        startedMs = performance.now();
        send();
      },
      onData: () => {
        const nowMs = performance.now();
        rttMs.push(nowMs - sentMs);
        if (rttMs.length < samples && nowMs - startedMs < enoughMs) send();
        else stream.destroy();
      },
      onClose: (error) => {
        signal.removeEventListener("abort", abort);
        if (rttMs.length > 0) resolve(rttMs);
        else reject(error ?? new Error("it closed the connection"));
      },
    };
    stream.attach(handler);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
