import { z } from "zod";

/** What makes a node's link: the kernel, the node's own transport, or nothing because the link adds nothing. */
export const linkBackends = ["netem", "userspace", "none"] as const;
export type LinkBackend = (typeof linkBackends)[number];

/** What a node is told of its own link, once it may join a swarm. */
export const selfLinkSchema = z.object({
  /** The node's name: that of its container or pod. */
  node: z.string().min(1),
  region: z.string().nullable(),
  /** In the notation of `parseLink`. */
  link: z.string().min(1),
  /** `userspace` asks the node to emulate the link itself, and to measure it against `echo`. */
  backend: z.enum(linkBackends),
  /** Grows with every change of this answer, as long as the agent runs; after its restart it may begin anew. */
  revision: z.number().int().min(0),
  /** A TCP server that sends back what it gets, on the swarm's network and behind no link. */
  echo: z.object({ host: z.string().min(1), port: z.number().int().min(1).max(65535) }).nullable(),
});
export type SelfLink = z.infer<typeof selfLinkSchema>;

/** The longest that the agent holds a question for a link that is not there, or not changed, yet. */
export const maxWaitSeconds = 30;

/** What a node that emulates its own link has measured through it. */
export const selfMeasurementSchema = z.strictObject({
  revision: z.number().int().min(0),
  /** Round trips to the echo server in milliseconds, in the order in which they were made. */
  rttMs: z.array(z.number().min(0).max(600_000)).min(1).max(100),
});
export type SelfMeasurement = z.infer<typeof selfMeasurementSchema>;

/** What a node is told of its measurement. */
export const selfMeasurementAnswerSchema = z.object({
  /** The link seems not to be as declared, perhaps because the host was busy: measure once more before joining. */
  measureAgain: z.boolean(),
});
export type SelfMeasurementAnswer = z.infer<typeof selfMeasurementAnswerSchema>;

/** Paths below the agent's origin, for a node about itself. The agent knows it by the address that it asks from. */
export const selfPaths = {
  /**
   * GET: 200 with a SelfLink; 204 when the wait is over and there is no link in place yet, or none newer than `after`;
   * 409 `LINK_FAILED` when it cannot be put into place, with the reason; 404 `UNKNOWN_NODE` while the agent does not know who lives at that address. `after` is left out in a node's first question.
   */
  link: (waitSeconds: number, after?: number) =>
    `/api/self/link?wait=${waitSeconds}${after === undefined ? "" : `&after=${after}`}`,
  /** POST a SelfMeasurement: 200 with a SelfMeasurementAnswer; 409 when the link has another revision by now. */
  measurement: "/api/self/measurement",
};
