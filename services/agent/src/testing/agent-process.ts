import { ServiceProcess } from "@swarmlab/telemetry/testing/service-process";

const main = new URL("../../dist/main.js", import.meta.url);

/** What the agent prints when it serves. */
interface ReadyLine {
  readonly event: "ready";
  readonly control: string;
  readonly echo: string;
  readonly backend: string;
}

/** `swarmlab-agent` as people start it. */
export class AgentProcess extends ServiceProcess<ReadyLine> {
  constructor(args: readonly string[]) {
    super(main, args);
  }
}
