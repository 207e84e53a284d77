/** What the pods of the test are made of; those of our own by their target in docker/Dockerfile. */
export const images: readonly { readonly name: string; readonly target?: string }[] = [
  { name: "swarmlab/tracker:0.1.0", target: "tracker" },
  { name: "swarmlab/peer:0.1.0", target: "peer" },
  { name: "swarmlab/agent:0.1.0", target: "agent" },
  { name: "prom/prometheus:v2.53.2" },
];
