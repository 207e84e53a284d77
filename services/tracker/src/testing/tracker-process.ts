import { ServiceProcess } from "@swarmlab/telemetry/testing/service-process";

const main = new URL("../../dist/main.js", import.meta.url);

/** What the tracker prints when it serves. */
interface ReadyLine {
  readonly event: "ready";
  readonly http: string;
  readonly udp: string;
  readonly control: string;
}

/** `swarmlab-tracker` as people start it. */
export class TrackerProcess extends ServiceProcess<ReadyLine> {
  constructor(args: readonly string[]) {
    super(main, args);
  }
}
