import { listenAddress } from "@swarmlab/settings/addresses";
import { defineSettings, type SettingsOf } from "@swarmlab/settings/definition";
import { durationMs } from "@swarmlab/settings/units";
import { logFormats, logLevels } from "@swarmlab/telemetry/logger";
import { z } from "zod";

export const version = "0.1.0";

export const trackerSettings = defineSettings({
  name: "swarmlab-tracker",
  summary: "A BitTorrent tracker over HTTP and UDP with a catalogue of torrents.",
  version,
  environmentPrefix: "SWARMLAB_TRACKER_",
  schema: z.object({
    listen: listenAddress()
      .prefault(":6969")
      .describe(
        "where announces over HTTP and the catalogue's API are served; without HOST on IPv6 and IPv4; " +
          "a host name, or a subnet as 10.0.7.0/24, means an address of it which this machine has",
      ),
    udp: listenAddress()
      .optional()
      .describe("where announces over UDP are served; as --listen when not given"),
    control: listenAddress()
      .optional()
      .describe("serves the catalogue's API, /metrics and /healthz here instead of at --listen"),
    allowHost: z
      .array(z.string().min(1))
      .default([])
      .describe(
        "a host name, beside localhost and those of --listen and --control, by which the API is called (IP addresses always may)",
      )
      .meta({ placeholder: "NAME" }),
    name: z
      .string()
      .min(1)
      .optional()
      .describe("the node's name, on all its metrics; without it the host's name")
      .meta({ placeholder: "NAME" }),
    data: z
      .string()
      .min(1)
      .default("./swarmlab-data/tracker")
      .describe("the directory of the catalogue")
      .meta({ placeholder: "DIR" }),
    interval: durationMs()
      .prefault("2m")
      .pipe(z.number().min(1000, "expected at least 1s").max(86_400_000, "expected at most 24h"))
      .describe("how often peers are to announce; one that misses two announces is forgotten"),
    open: z
      .boolean()
      .default(true)
      .describe("takes announces for any torrent; with --no-open only for those in the catalogue"),
    maxTorrents: z.number().int().min(1).default(500_000).describe("bounds memory: torrents with peers"),
    maxPeers: z.number().int().min(1).default(10_000_000).describe("bounds memory: peers in all torrents"),
    maxConnections: z.number().int().min(1).default(20_000).describe("HTTP connections at a time"),
    logLevel: z.enum(logLevels).default("info").describe("how much is logged, to standard error"),
    logFormat: z
      .enum(logFormats)
      .optional()
      .describe("lines for people, json for programs; without it lines on a terminal, json elsewhere"),
    json: z.boolean().default(false).describe("prints the ready line as JSON, for scripts"),
  }),
});

export type TrackerSettings = SettingsOf<typeof trackerSettings>;
