import { basename, join, resolve } from "node:path";
import { MetainfoError } from "@swarmlab/metainfo/error";
import { parseLink } from "@swarmlab/scenario/link";
import { LinkError } from "@swarmlab/scenario/link-error";
import { listenAddress, socketAddress, url } from "@swarmlab/settings/addresses";
import { defineSettings, type SettingsOf } from "@swarmlab/settings/definition";
import { bitRate, byteSize, durationMs } from "@swarmlab/settings/units";
import { logFormats, logLevels } from "@swarmlab/telemetry/logger";
import { z } from "zod";
import { parseTorrentArgument } from "./source/torrent-argument.js";
import { trackerAddress } from "./source/tracker-address.js";

const MIN_PIECE_LENGTH_BYTES = 16 * 1024;
const MAX_PIECE_LENGTH_BYTES = 64 * 1024 * 1024;
const MAX_CONNECTIONS = 10_000;

export const version = "0.1.0";

const schema = z
  .object({
    role: z.enum(["seeder", "leecher"]).describe("gives a torrent away, or fetches it first"),
    file: text("PATH")
      .optional()
      .describe(
        "seeder: the file or folder to make a torrent of and to seed; what is hidden in a folder (.NAME) is left out",
      ),
    make: byteSize()
      .optional()
      .describe("seeder: when the folder --file holds nothing, makes so much content from --seed in --dir"),
    torrentOut: text("FILE").optional().describe("seeder: where to write the .torrent file"),
    pieceLength: pieceLength().optional().describe("seeder: bytes of a piece; chosen by the size otherwise"),
    private: z.boolean().default(false).describe("seeder: peers come from trackers only (BEP 27)"),
    torrent: parsed("FILE|MAGNET|INFOHASH|NAME", parseTorrentArgument, MetainfoError)
      .optional()
      .describe("a .torrent file, a magnet link, or what is in the tracker's catalogue by hash or name"),
    dir: text("DIR").default(".").describe("the folder that holds, or gets, what the torrent names"),
    exitOnComplete: z.boolean().default(false).describe("leecher: ends when it has everything"),
    onComplete: text("COMMAND")
      .optional()
      .describe(
        "leecher: a shell command for when it has everything; SWARMLAB_TORRENT_NAME, …_INFO_HASH and …_PATH tell it what",
      ),
    tracker: z
      .array(url(["http:", "https:", "udp:"]))
      .default([])
      .describe("a tracker with a catalogue (http://HOST:PORT), or any announce URL"),
    peer: z.array(peerAddress()).default([]).describe("a peer to connect to"),
    listen: listenAddress()
      .prefault("[::]:0")
      .describe(
        "where peers connect to; a host name, or a subnet as 10.0.7.0/24, means an address of it which this machine has; port 0 picks one",
      ),
    control: listenAddress()
      .prefault("127.0.0.1:0")
      .describe("the HTTP API, /metrics and /healthz; a host name or subnet as for --listen"),
    allowHost: z
      .array(text("NAME"))
      .default([])
      .describe(
        "a host name, beside localhost and those of --listen and --control, by which the API is called (IP addresses always may)",
      ),
    name: text("NAME")
      .optional()
      .describe(
        "the node's name, on all its metrics; without it that which the agent gives, else the host's name",
      ),
    upLimit: bitRate().prefault("unlimited").describe("payload sent to peers, in bits a second"),
    downLimit: bitRate().prefault("unlimited").describe("what comes from peers, in bits a second"),
    uploadSlots: z.number().int().min(1).max(MAX_CONNECTIONS).optional().describe("peers served at a time"),
    maxConnections: z.number().int().min(1).max(MAX_CONNECTIONS).default(100).describe("peers at a time"),
    link: parsed("LINK", parseLink, LinkError)
      .optional()
      .describe(
        "the access line to emulate: none (as without this), a profile such as dsl, or settings such as up=2mbit,delay=40ms",
      ),
    agent: url(["http:", "https:"])
      .optional()
      .describe(
        "the agent that puts this peer behind its link, instead of --link; no swarm is joined before. A name may stand for " +
          "many agents, of which one knows this peer",
      ),
    agentTimeout: durationMs()
      .prefault("2m")
      .describe("how long to wait for the agent to have the link in place"),
    seed: text("SEED").optional().describe("fixes all random choices; every peer needs its own"),
    spread: z
      .boolean()
      .default(true)
      .describe("seeder: whether every piece is given away once before any is given twice"),
    announceInterval: durationMs()
      .prefault("1h")
      .describe("the longest time between two announces, whatever the tracker says"),
    waitTimeout: durationMs()
      .prefault("60s")
      .describe(
        "how long to wait for a torrent to appear in the catalogue, and when it goes by its name, for somebody who seeds it",
      ),
    json: z.boolean().default(false).describe("standard output is one JSON object a line"),
    logLevel: z.enum(logLevels).default("info").describe("how much is logged on standard error"),
    logFormat: z
      .enum(logFormats)
      .optional()
      .describe("lines for people, json for programs; without it lines on a terminal, json elsewhere"),
  })
  .superRefine((settings, context) => {
    const refuse = (setting: keyof typeof settings, message: string) => {
      context.addIssue({ code: "custom", path: [setting], message });
    };
    const { role, file, torrent } = settings;
    if (role === "leecher") {
      const seederSettings = ["file", "make", "torrentOut", "pieceLength"] as const;
      for (const name of seederSettings) if (settings[name] !== undefined) refuse(name, "is for a seeder");
      if (settings.private) refuse("private", "is for a seeder");
      if (torrent === undefined) refuse("torrent", "is needed");
    } else {
      if (settings.onComplete !== undefined) refuse("onComplete", "is for a leecher");
      if (settings.exitOnComplete) refuse("exitOnComplete", "is for a leecher");
      if (file === undefined && torrent === undefined) refuse("file", "is needed");
      if (file !== undefined && torrent !== undefined) refuse("torrent", "give either this or --file");
      if (file === undefined && settings.pieceLength !== undefined) refuse("pieceLength", "needs --file");
      if (settings.make !== undefined && file === undefined) refuse("make", "needs --file");
      if (settings.make !== undefined && settings.seed === undefined) refuse("make", "needs --seed");
      if (settings.make !== undefined && file !== undefined) {
        const madePath = join(resolve(settings.dir), basename(resolve(file)));
        if (madePath === resolve(file)) refuse("make", "needs another --dir: --file itself is in that one");
      }
      if (file === undefined && settings.private) refuse("private", "needs --file");
    }
    if (settings.agent !== undefined && settings.link !== undefined) {
      refuse("link", "is the agent's to say: give either this or --agent");
    }
    const hasCatalogue = settings.tracker.some((each) => trackerAddress(each).catalogueUrl !== undefined);
    const finds = hasCatalogue || settings.peer.length + settings.tracker.length > 0;
    if (torrent?.kind === "name" && !hasCatalogue) {
      refuse(
        "torrent",
        `the name "${torrent.name}" needs a --tracker with a catalogue (http://HOST:PORT); a file is written ./${torrent.name}`,
      );
    }
    if (torrent?.kind === "info-hash" && !finds) {
      refuse("torrent", "an info hash needs a --tracker or a --peer to ask");
    }
  });

export const peerSettings = defineSettings({
  name: "swarmlab-peer",
  summary: "Seeds a file or folder, or fetches one, as an ordinary BitTorrent client.",
  version,
  environmentPrefix: "SWARMLAB_PEER_",
  schema,
});

export type PeerSettings = SettingsOf<typeof peerSettings>;

function text(placeholder: string) {
  return z.string().min(1, "may not be empty").meta({ placeholder });
}

/** A text that `parse` reads; its errors of the given class say what is wrong with it. */
function parsed<T>(
  placeholder: string,
  parse: (text: string) => T,
  ErrorClass: typeof MetainfoError | typeof LinkError,
) {
  return z
    .string()
    .min(1, "may not be empty")
    .transform((input, context) => {
      try {
        return parse(input);
      } catch (error) {
        if (!(error instanceof ErrorClass)) throw error;
        context.addIssue({ code: "custom", message: error.message });
        return z.NEVER;
      }
    })
    .meta({ placeholder });
}

function pieceLength() {
  return byteSize()
    .refine(
      (bytes) =>
        Number.isInteger(Math.log2(bytes)) &&
        bytes >= MIN_PIECE_LENGTH_BYTES &&
        bytes <= MAX_PIECE_LENGTH_BYTES,
      "expected a power of two from 16KiB to 64MiB",
    )
    .meta({ placeholder: "SIZE" });
}

function peerAddress() {
  return socketAddress()
    .refine(({ port }) => port > 0, "expected the port at which the peer listens")
    .meta({ placeholder: "ADDR:PORT" });
}
