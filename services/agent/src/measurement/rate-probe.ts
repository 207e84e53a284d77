import { randomBytes } from "node:crypto";
import { isIPv4 } from "node:net";
import type { Link } from "@swarmlab/scenario/link";
import { z } from "zod";
import type { NodeContainer } from "../docker/node-container.js";
import type { OwnAddress } from "../docker/swarm-subnet.js";
import { lostFraction } from "./expected-rtt.js";
import { type Direction, type FloodPlan, floodPlan } from "./flood-plan.js";
import { MeasurementError } from "./measurement-error.js";
import { RateProcess } from "./rate-process.js";

const portSchema = z.object({ port: z.number() });
const countSchema = z.object({ datagrams: z.number(), seconds: z.number() });

const tokenBytes = 8;
const startTimeoutMs = 15_000;

export interface RateProbeOptions {
  readonly container: NodeContainer;
  /** The file that stands for the container's network namespace; undefined for this process's own. */
  readonly namespace: string | undefined;
  readonly link: Link;
  /** The agent's own, at the other end of the link. */
  readonly own: OwnAddress;
  readonly mtuBytes: number;
}

/**
 * The rate of one direction of a link in bit/s of frames: of a flood of datagrams between the node's network namespace
 * and the agent's, what arrives. Rejects with a MeasurementError.
 */
export async function probeRate(
  { container, namespace, link, own, mtuBytes }: RateProbeOptions,
  direction: Direction,
  signal: AbortSignal,
): Promise<number> {
  const isV4 = isIPv4(own.address);
  const nodeAddress = container.swarmAddresses.find((address) => isIPv4(address) === isV4);
  if (nodeAddress === undefined) {
    throw new MeasurementError("NO_PLACE", `${container.name} has no address of the agent's family`);
  }
  const ends = {
    node: { namespace, address: nodeAddress },
    agent: { namespace: undefined, address: own.address },
  };
  const [from, to] = direction === "up" ? [ends.node, ends.agent] : [ends.agent, ends.node];
  const plan = floodPlan(link, direction, isV4 ? 4 : 6, mtuBytes);
  const token = randomBytes(tokenBytes).toString("hex");
  const timeoutMs = Math.ceil(plan.warmUpMs + plan.windowMs + 4 * link.delayMs + startTimeoutMs);

  const receiver = new RateProcess(
    to.namespace,
    ["receive", to.address, token, plan.warmUpMs, plan.windowMs, timeoutMs],
    signal,
  );
  let sender: RateProcess | undefined;
  try {
    const { port } = await receiver.answer(portSchema);
    const pace = plan.offeredBitsPerSecond / (8 * plan.frameBytes);
    sender = new RateProcess(
      from.namespace,
      ["send", to.address, port, token, plan.payloadBytes, pace],
      signal,
    );
    const arrived = bitsPerSecond(await receiver.answer(countSchema), plan);
    sender.end();
    const sent = bitsPerSecond(await sender.answer(countSchema), plan);
    return checked(arrived, sent, link, direction);
  } finally {
    await Promise.all([receiver.close(), sender?.close()]);
  }
}

function bitsPerSecond(
  { datagrams, seconds }: z.infer<typeof countSchema>,
  { frameBytes }: FloodPlan,
): number {
  return seconds > 0 ? (datagrams * frameBytes * 8) / seconds : 0;
}

/** A link that was not filled shows how fast the sender is, not the link. */
function checked(arrived: number, sent: number, link: Link, direction: Direction): number {
  const declared = direction === "up" ? link.upBitsPerSecond : link.downBitsPerSecond;
  if (arrived === 0)
    throw new MeasurementError("NO_ANSWER", `nothing of what was sent arrived (${direction})`);
  if (declared === undefined || arrived >= declared * 0.95 || sent * (1 - lostFraction(link)) >= declared) {
    return arrived;
  }
  const message = `this host cannot send fast enough to measure ${declared / 1e6} Mbit/s: ${(sent / 1e6).toFixed(1)}`;
  throw new MeasurementError("TOO_FAST", message);
}
