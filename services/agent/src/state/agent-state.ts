import { linkCertificateSchema, partitionSchema } from "@swarmlab/agent-api/node-link";
import { linkBackends } from "@swarmlab/agent-api/self-link";
import { z } from "zod";

/** What is remembered of a container. */
const containerStateSchema = z.strictObject({
  /** For those who read the file. */
  node: z.string(),
  /** What it was declared to be when the link was changed; declared otherwise, the change is over. */
  declaredLink: z.string().max(2000).optional(),
  /** The link that it was given through the API, in the notation of `parseLink`. */
  changedLink: z.string().max(2000).optional(),
  /** When it was changed last, or went back to what is declared; Unix time. */
  changedAtMs: z.number().min(0).optional(),
  /** The link that was measured; not to be measured again, beside the traffic of the swarm, while it is the same. */
  certified: z
    .strictObject({
      /** Which run of the container it was. */
      startedAt: z.string(),
      link: z.string(),
      backend: z.enum(linkBackends),
      certificate: linkCertificateSchema,
    })
    .optional(),
  revision: z.number().int().min(0),
});
export type ContainerState = z.infer<typeof containerStateSchema>;

/** What survives a restart of the agent. */
export const agentStateSchema = z.strictObject({
  version: z.literal(1),
  partition: partitionSchema.optional(),
  /** By container id; all that the agent has known, so that one sees whether this is still the same swarm. */
  containers: z.record(z.string(), containerStateSchema),
});
export type AgentState = z.infer<typeof agentStateSchema>;

export const emptyState: AgentState = { version: 1, containers: {} };

/** The state without containers that are gone; a partition goes with the last of those that it was made for. */
export function stateOf(state: AgentState, existingIds: ReadonlySet<string>): AgentState {
  const containers = Object.fromEntries(
    Object.entries(state.containers).filter(([id]) => existingIds.has(id)),
  );
  const { partition: _, ...others } = state;
  return Object.keys(containers).length === 0 ? { ...others, containers } : { ...state, containers };
}
