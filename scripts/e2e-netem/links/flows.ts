import { setTimeout as delay } from "node:timers/promises";
import { Probe } from "../instruments/probe.js";
import type { Arrival, Flow } from "../instruments/probe-messages.js";
import { frameRate } from "../instruments/stream-rate.js";
import { createNetemLab, type LabNode } from "./netem-lab.js";

const udpPort = 5000;
const tcpPort = 5001;

/** As the node `a` sees it. */
export type Direction = "up" | "down";

/** Two nodes that send to each other: `a`, whose link is tried out, and `b`, which is as near as the core. */
export interface Pair {
  readonly a: LabNode;
  readonly b: LabNode;
  readonly probeA: Probe;
  readonly probeB: Probe;
  close(): Promise<void>;
}

export async function createPair(): Promise<Pair> {
  const lab = await createNetemLab(["a", "b"]);
  const { a, b } = lab.nodes;
  // Packets of b must come one by one too.
  await b.apply("none");
  const [probeA, probeB] = await Promise.all([Probe.start(a.namespacePath), Probe.start(b.namespacePath)]);
  for (const [probe, node] of [
    [probeA, a],
    [probeB, b],
  ] as const) {
    await probe.receive(udpPort);
    await probe.sink(node.ipv4, tcpPort);
  }
  const close = async (): Promise<void> => {
    await probeA.close();
    await probeB.close();
    await lab.close();
  };
  const pair = { a, b, probeA, probeB, close };
  // Finds the neighbours, and has the probes' programs compiled.
  await exchange(pair, { packets: 500, packetsPerSecond: 2000, bytes: 64 });
  return pair;
}

/** What was sent through each direction of a's link, and what arrived. */
export type Exchange = Readonly<
  Record<Direction, { readonly sent: number; readonly arrivals: readonly Arrival[] }>
>;

/** Sends a flow from a to b and one from b to a at the same time, and waits until all has arrived that arrives. */
export async function exchange(pair: Pair, flow: Flow, settleMs = 300): Promise<Exchange> {
  await startExchange(pair, flow);
  return endExchange(pair, settleMs);
}

export async function startExchange({ a, b, probeA, probeB }: Pair, flow: Flow): Promise<void> {
  await probeA.startFlow(b.ipv4, udpPort, flow);
  await probeB.startFlow(a.ipv4, udpPort, flow);
}

/** `settleMs` is how long the last packets may take. */
export async function endExchange({ probeA, probeB }: Pair, settleMs: number): Promise<Exchange> {
  const [sentUp, sentDown] = await Promise.all([probeA.endFlow(), probeB.endFlow()]);
  await delay(settleMs);
  return {
    up: { sent: sentUp, arrivals: await probeB.arrivals(udpPort) },
    down: { sent: sentDown, arrivals: await probeA.arrivals(udpPort) },
  };
}

/** Sends a flow through one direction of a's link alone. */
export async function sendOneWay(
  { a, b, probeA, probeB }: Pair,
  direction: Direction,
  flow: Flow,
  settleMs: number,
): Promise<readonly Arrival[]> {
  const [from, to, address] = direction === "up" ? [probeA, probeB, b.ipv4] : [probeB, probeA, a.ipv4];
  await from.startFlow(address, udpPort, flow);
  await from.endFlow();
  await delay(settleMs);
  return to.arrivals(udpPort);
}

export interface StreamOptions {
  /** Sets the length of the windows that are looked at. */
  readonly expectedBitsPerSecond: number;
  /** Until TCP has found its pace. */
  readonly warmUpMs?: number;
  readonly forMs?: number;
  readonly port?: number;
}

/** The rate of frames of one TCP connection through one direction of a's link. */
export async function streamRate(
  { a, b, probeA, probeB }: Pair,
  direction: Direction,
  { expectedBitsPerSecond, warmUpMs = 600, forMs = 1800, port = tcpPort }: StreamOptions,
): Promise<number> {
  const [from, to, address] = direction === "up" ? [probeA, probeB, b.ipv4] : [probeB, probeA, a.ipv4];
  const streaming = from.stream(address, port, warmUpMs + forMs);
  await delay(warmUpMs);
  await to.streamReads(port);
  await streaming;
  const reads = await to.streamReads(port);
  // What was on its way when the connection was broken off.
  await delay(200);
  await to.streamReads(port);
  return frameRate(reads, expectedBitsPerSecond);
}
