import type { LinkLoss } from "@swarmlab/scenario/link";
import { z } from "zod";
import { markedDistribution } from "../plan/delay-table.js";
import type { NetemSettings } from "../plan/netem-settings.js";
import { parseJsonOutput } from "./json-output.js";

/** What a queue has done and holds. Packets are those of the network, also where several were handed over in one. */
export interface QueueStatistics {
  readonly sentBytes: number;
  readonly sentPackets: number;
  /** By chance, as a link loses them, or because the queue was full. */
  readonly droppedPackets: number;
  readonly backlogBytes: number;
  readonly backlogPackets: number;
}

/** A qdisc that is in the kernel. */
export interface Qdisc {
  readonly kind: string;
  readonly major: number;
  /** `root`, or the class or hook that it belongs to, such as `5a1b:10`. */
  readonly parent: string;
  /** Of netem, as far as tc shows them; `delayMs` to 2 µs. */
  readonly netem: (NetemSettings & { readonly isOrderKept: boolean }) | undefined;
  readonly statistics: QueueStatistics;
}

const netemSchema = z.object({
  limit: z.number().optional(),
  delay: z.object({ delay: z.number(), jitter: z.number() }).optional(),
  "loss-random": z.object({ loss: z.number() }).optional(),
  "loss-gemodel": z.object({ p: z.number(), r: z.number(), "1-h": z.number(), "1-k": z.number() }).optional(),
  duplicate: z.object({ duplicate: z.number() }).optional(),
  reorder: z.object({ reorder: z.number() }).optional(),
  corrupt: z.object({ corrupt: z.number() }).optional(),
  rate: z.object({ rate: z.number(), packetoverhead: z.number() }).optional(),
});

const qdiscsSchema = z.array(
  z.object({
    kind: z.string(),
    handle: z.string().regex(/^[0-9a-f]{1,4}:$/),
    root: z.boolean().optional(),
    parent: z.string().optional(),
    options: z.unknown(),
    bytes: z.number().default(0),
    packets: z.number().default(0),
    drops: z.number().default(0),
    backlog: z.number().default(0),
    qlen: z.number().default(0),
  }),
);

/** Reads what `tc -s -j qdisc show dev …` prints. Throws TcOutputError. */
export function parseQdiscs(text: string): Qdisc[] {
  return parseJsonOutput("tc qdisc show", text, qdiscsSchema).map((shown) => ({
    kind: shown.kind,
    major: Number.parseInt(shown.handle, 16),
    parent: shown.root === true ? "root" : (shown.parent ?? ""),
    netem: shown.kind === "netem" ? readNetem(netemSchema.safeParse(shown.options)) : undefined,
    statistics: {
      sentBytes: shown.bytes,
      sentPackets: shown.packets,
      droppedPackets: shown.drops,
      backlogBytes: shown.backlog,
      backlogPackets: shown.qlen,
    },
  }));
}

function readNetem({ data }: { readonly data?: z.infer<typeof netemSchema> | undefined }): Qdisc["netem"] {
  if (data === undefined) return undefined;
  return {
    limitPackets: data.limit ?? 0,
    delayMs: (data.delay?.delay ?? 0) * 1000,
    jitterMs: (data.delay?.jitter ?? 0) * 1000,
    distribution: markedDistribution(data.rate?.packetoverhead ?? 0),
    loss: readLoss(data),
    corruptPercent: (data.corrupt?.corrupt ?? 0) * 100,
    duplicatePercent: (data.duplicate?.duplicate ?? 0) * 100,
    reorderPercent: (data.reorder?.reorder ?? 0) * 100,
    isOrderKept: data.rate !== undefined && data.rate.rate > 0,
  };
}

function readLoss(data: z.infer<typeof netemSchema>): LinkLoss | undefined {
  const model = data["loss-gemodel"];
  if (model) {
    return {
      model: "gilbert-elliott",
      toBadPercent: model.p * 100,
      toGoodPercent: model.r * 100,
      badLossPercent: model["1-h"] * 100,
      goodLossPercent: model["1-k"] * 100,
    };
  }
  const percent = (data["loss-random"]?.loss ?? 0) * 100;
  return percent > 0 ? { model: "random", percent } : undefined;
}
