import { z } from "zod";
import { linkBackends } from "./self-link.js";

/** Declared beside measured. Tolerances are those of the certificate that it belongs to. */
const rttMeasurementSchema = z.object({
  /** Twice the one-way delay: between the node and the unshaped core of the network. */
  declaredMs: z.number(),
  /** The median. */
  measuredMs: z.number(),
  minMs: z.number(),
  maxMs: z.number(),
  samples: z.number().int(),
  isWithinTolerance: z.boolean(),
});

const rateMeasurementSchema = z.object({
  /** In frames; null is unlimited. */
  declaredBitsPerSecond: z.number().nullable(),
  measuredBitsPerSecond: z.number(),
  isWithinTolerance: z.boolean(),
});

/** What was measured of a link, and whether it is what was declared. */
export const linkCertificateSchema = z.object({
  /** ISO 8601. */
  measuredAt: z.string(),
  /** The revision of the link that was measured. */
  revision: z.number().int(),
  rtt: rttMeasurementSchema,
  /** Null until they are asked for. */
  up: rateMeasurementSchema.nullable(),
  down: rateMeasurementSchema.nullable(),
  isWithinTolerance: z.boolean(),
  /** False when the link may have carried other traffic: then a longer round trip or a lower rate than declared proves nothing. */
  isConclusive: z.boolean(),
});
export type LinkCertificate = z.infer<typeof linkCertificateSchema>;

/**
 * Of one direction, since the link was put in place, or since this run of the agent found it so. Backlog is what waits for
 * its turn, or for its delay to be over.
 */
const queueSchema = z.object({
  sentBytes: z.number(),
  sentPackets: z.number(),
  droppedPackets: z.number(),
  backlogBytes: z.number(),
  backlogPackets: z.number(),
});
export type LinkQueue = z.infer<typeof queueSchema>;

/**
 * `pending`: not in place yet. `in-place`: not measured yet, or what was measured proves nothing, as where only a part of the
 * link is emulated (see `problem`). `off`: measured, and not what was declared.
 */
export const linkStates = ["pending", "in-place", "certified", "off", "failed"] as const;
export type LinkState = (typeof linkStates)[number];

/** A node and its link, as `GET /api/links` lists it. */
export const nodeLinkSchema = z.object({
  node: z.string(),
  region: z.string().nullable(),
  /** On the swarm's network. */
  address: z.string().nullable(),
  /** In the notation of `parseLink`. */
  link: z.string(),
  /** `declared` by the node's label or annotation, or `changed` through this API. */
  origin: z.enum(["declared", "changed"]),
  backend: z.enum(linkBackends),
  revision: z.number().int(),
  state: z.enum(linkStates),
  /** What is wrong, or not as declared; null when nothing is. */
  problem: z.string().nullable(),
  certificate: linkCertificateSchema.nullable(),
  /** Of the kernel's queues in each direction; null where the kernel does not make the link. */
  queues: z.object({ up: queueSchema, down: queueSchema }).nullable(),
});
export type NodeLink = z.infer<typeof nodeLinkSchema>;

export const nodeLinkListSchema = z.object({ nodes: z.array(nodeLinkSchema) });
export type NodeLinkList = z.infer<typeof nodeLinkListSchema>;

/** What changes a link. A `link` without a profile changes what it names and keeps the rest: `delay=40ms`. */
export const linkChangeSchema = z.strictObject({ link: z.string().min(1).max(1000) });

/** Groups of nodes that cannot reach each other; a name may end in `*`. Who is in no group reaches all. */
export const partitionSchema = z.strictObject({
  groups: z
    .array(z.array(z.string().min(1).max(200)).min(1).max(10_000))
    .min(2)
    .max(100),
});
export type Partition = z.infer<typeof partitionSchema>;

/** The partition that is in force. */
export const partitionStatusSchema = z.object({
  ...partitionSchema.shape,
  /** The nodes that are in each group now; those that come later join the group that names them. */
  members: z.array(z.array(z.string())),
});
export type PartitionStatus = z.infer<typeof partitionStatusSchema>;

/** A path between two nodes, measured from one to the other. */
const pathMeasurementSchema = z.object({
  from: z.string(),
  to: z.string(),
  /** The round trip of both nodes' links and of their regions. */
  declaredMs: z.number(),
  measuredMs: z.number(),
  isWithinTolerance: z.boolean(),
});
export type PathMeasurement = z.infer<typeof pathMeasurementSchema>;

/** What regions add to the paths between nodes. */
export const regionListSchema = z.object({
  /** Where the declared figures are from. */
  source: z.string(),
  /** False where the kernel does not make the links. */
  isEmulated: z.boolean(),
  pairs: z.array(
    z.object({
      regions: z.tuple([z.string(), z.string()]),
      declaredRttMs: z.number(),
      /** Null until it is asked for, and when there are no two nodes to measure between. */
      path: pathMeasurementSchema.nullable(),
    }),
  ),
});
export type RegionList = z.infer<typeof regionListSchema>;

/** Paths below the agent's origin, for people and tools. `node` is a container's name, or its end after the project's. */
export const linkPaths = {
  /** GET a NodeLinkList. */
  links: "/api/links",
  /** GET a NodeLink; PATCH a LinkChange; DELETE goes back to what is declared. Both answer when the link is in place. */
  link: (node: string) => `/api/links/${encodeURIComponent(node)}`,
  /** POST measures anew, rates too with `?rate=true`; answers with the NodeLink. */
  measurement: (node: string) => `/api/links/${encodeURIComponent(node)}/measurement`,
  /** GET a PartitionStatus (404 when there is none), PUT a Partition, DELETE heals. */
  partition: "/api/partition",
  /** GET a RegionList. */
  regions: "/api/regions",
  /** POST measures a path for each pair of regions; answers with the RegionList. */
  regionMeasurement: "/api/regions/measurement",
};
