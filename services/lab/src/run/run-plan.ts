import { drawLink, type LinkMix, type WeightedLink } from "@swarmlab/scenario/link-mix";

/** A peer before it is started. */
export interface PlannedPeer {
  readonly name: string;
  readonly role: "seeder" | "leecher";
  readonly link: Pick<WeightedLink, "text" | "link">;
  /** Fixes the peer's random choices. */
  readonly seed: string;
}

/** Everything about a swarm that is decided before it starts. */
export interface RunPlan {
  readonly seeder: PlannedPeer;
  readonly leechers: readonly PlannedPeer[];
}

export interface PlanOptions {
  readonly seed: string;
  readonly leecherCount: number;
  /** What leechers draw their links from. */
  readonly links: LinkMix;
  /** What the seeder draws its link from. */
  readonly seederLinks: LinkMix;
}

/** Names the peers and draws their links; the same for the same options. */
export function planRun({ seed, leecherCount, links, seederLinks }: PlanOptions): RunPlan {
  const plan = (role: PlannedPeer["role"], name: string, mix: LinkMix): PlannedPeer => ({
    name,
    role,
    link: drawLink(mix, seed, name),
    seed: `${seed}/${name}`,
  });
  return {
    seeder: plan("seeder", "seeder", seederLinks),
    leechers: Array.from({ length: leecherCount }, (_, i) => plan("leecher", `leecher-${i + 1}`, links)),
  };
}
