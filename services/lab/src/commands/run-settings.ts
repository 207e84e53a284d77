import { LinkError } from "@swarmlab/scenario/link-error";
import { LinkMixError, parseLinkMix } from "@swarmlab/scenario/link-mix";
import { defineSettings, type SettingsOf } from "@swarmlab/settings/definition";
import { byteSize, durationMs } from "@swarmlab/settings/units";
import { z } from "zod";
import { version } from "../version.js";

const MAX_LEECHERS = 500;
const DEFAULT_LINK = "up=30mbit,down=150mbit,delay=8ms,jitter=1ms,distribution=normal";

export const runSettings = defineSettings({
  name: "swarmlab run",
  summary:
    "Shares a file in a swarm of processes on this host: one tracker, one seeder and some leechers behind emulated links. " +
    "Checks every copy and reports how close the swarm came to the optimum.",
  version,
  environmentPrefix: "SWARMLAB_RUN_",
  schema: z.object({
    file: text("PATH").optional().describe("the file or folder to share; without it, content is made"),
    size: byteSize().prefault("64MiB").describe("how much content is made when there is no --file"),
    leechers: z.number().int().min(1).max(MAX_LEECHERS).default(5).describe("how many leechers there are"),
    link: linkMix()
      .prefault(DEFAULT_LINK)
      .describe(
        "each peer's access line: none, a profile (fiber, cable, dsl, 4g, 3g, satellite, lan), settings like dsl,delay=40ms, " +
          "or several with weights, like fiber:1,cable:3, from which each peer draws",
      ),
    seederLink: linkMix().optional().describe("the seeder's access line, when it is to be another"),
    seed: z
      .union([z.string().min(1), z.number()])
      .transform(String)
      .prefault("1")
      .describe("a text or number that fixes the content, the links drawn and each peer's random choices")
      .meta({ placeholder: "SEED" }),
    dir: text("DIR")
      .optional()
      .describe(
        "where the folder of the run is made, in which the copies go; else among the temporary files",
      ),
    keep: z.boolean().default(false).describe("keeps the folder of the run, which is removed otherwise"),
    timeout: durationMs()
      .pipe(z.number().min(1000, "expected at least 1s").max(86_400_000, "expected at most 24h"))
      .prefault("10m")
      .describe("how long the swarm may take, its start included"),
    trackerInterval: durationMs()
      .pipe(z.number().min(1000, "expected at least 1s").max(86_400_000, "expected at most 24h"))
      .prefault("2s")
      .describe("how often peers announce themselves to the tracker"),
    json: z.boolean().default(false).describe("prints the report as one JSON object, and no progress"),
  }),
});

export type RunSettings = SettingsOf<typeof runSettings>;

function text(placeholder: string) {
  return z.string().min(1, "may not be empty").meta({ placeholder });
}

function linkMix() {
  return z
    .string()
    .transform((written, context) => {
      try {
        return parseLinkMix(written);
      } catch (error) {
        if (!(error instanceof LinkError || error instanceof LinkMixError)) throw error;
        context.addIssue({ code: "custom", message: error.message });
        return z.NEVER;
      }
    })
    .meta({ placeholder: "LINK" });
}
