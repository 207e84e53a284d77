import { loadSettings } from "@swarmlab/settings/load";
import { SettingsError } from "@swarmlab/settings/settings-error";
import { describe, expect, it } from "vitest";
import { peerSettings } from "./settings.js";

const hash = "00112233445566778899aabbccddeeff00112233";

function load(argv: string, env: Record<string, string> = {}) {
  const loaded = loadSettings(peerSettings, { argv: argv.split(" "), env, readFile: () => "{}" });
  if (loaded.kind !== "settings") throw new Error(`got ${loaded.kind}`);
  return loaded.values;
}

function refusal(argv: string): string {
  try {
    load(argv);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  throw new Error("was accepted");
}

describe("the settings of a peer", () => {
  it("have defaults that need nothing but a role and a torrent", () => {
    expect(load("--role seeder --file example.iso")).toMatchObject({
      listen: { host: "::", port: 0 },
      control: { host: "127.0.0.1", port: 0 },
      upLimit: Number.POSITIVE_INFINITY,
      agentTimeout: 120_000,
      spread: true,
      json: false,
      waitTimeout: 60_000,
    });
  });

  it("are the same from the environment", () => {
    const env = {
      SWARMLAB_PEER_ROLE: "leecher",
      SWARMLAB_PEER_TORRENT: "example.iso",
      SWARMLAB_PEER_TRACKER: "http://127.0.0.1:6969,udp://127.0.0.1:6969",
      SWARMLAB_PEER_LINK: "dsl,delay=40ms",
      SWARMLAB_PEER_UP_LIMIT: "5mbit",
    };
    expect(load("--down-limit 1mbit", env)).toMatchObject({
      role: "leecher",
      torrent: { kind: "name", name: "example.iso" },
      tracker: ["http://127.0.0.1:6969/", "udp://127.0.0.1:6969"],
      link: { delayMs: 40, upBitsPerSecond: 384_000 },
      upLimit: 5_000_000,
      downLimit: 1_000_000,
    });
  });

  it.each([
    ["--role leecher", "--torrent is needed"],
    ["--role seeder", "--file is needed"],
    ["--role seeder --file a --torrent b.torrent", "either this or --file"],
    ["--role leecher --torrent a.torrent --file b", "--file: is for a seeder"],
    ["--role leecher --torrent a.torrent --private", "--private: is for a seeder"],
    ["--role seeder --file a --exit-on-complete", "is for a leecher"],
    ["--role seeder --file a --on-complete date", "is for a leecher"],
    ["--role seeder --torrent a.torrent --piece-length 32KiB", "needs --file"],
    ["--role seeder --file a --piece-length 100KB", "power of two"],
    ["--role leecher --torrent example.iso", "needs a --tracker with a catalogue"],
    ["--role leecher --torrent example.iso --tracker http://127.0.0.1:1/announce", "needs a --tracker with"],
    ["--role leecher --torrent example.iso --peer 127.0.0.1:1", "needs a --tracker with a catalogue"],
    [`--role leecher --torrent ${hash}`, "needs a --tracker or a --peer"],
    ["--role leecher --torrent magnet:?dn=example", "no info hash"],
    ["--role seeder --file a --link quick", "no link"],
    ["--role seeder --file a --link dsl --agent http://agent.example:9200", "--link: is the agent's to say"],
    ["--role seeder --file a --link none --agent http://agent.example:9200", "either this or --agent"],
    ["--role seeder --file a --agent udp://agent.example:9200", "begins with http:// or https://"],
    ["--role leecher --torrent a.torrent --make 1MiB", "--make: is for a seeder"],
    ["--role seeder --torrent a.torrent --make 1MiB --seed 1", "--make: needs --file"],
    ["--role seeder --file a --make 1MiB --dir b", "--make: needs --seed"],
    ["--role seeder --file folder/a --make 1MiB --seed 1 --dir folder", "--make: needs another --dir"],
    ["--role seeder --file a --control leecher.control", "expected an address"],
    ["--role seeder --file a --log-format text", "lines"],
    ["--role seeder --file a --peer 127.0.0.1:0", "port"],
    ["--role seeder --fill a", "did you mean --file?"],
  ])("refuse %s", (argv, message) => {
    expect(refusal(argv)).toContain(message);
  });

  it.each([
    `--role leecher --torrent ${hash} --peer 127.0.0.1:1`,
    `--role leecher --torrent ${hash} --tracker udp://127.0.0.1:1`,
    `--role leecher --torrent magnet:?xt=urn:btih:${hash}`,
    "--role seeder --torrent example.torrent --dir folder",
    "--role seeder --file folder/a --make 64MiB --seed example --dir elsewhere",
    "--role seeder --file a --listen seeder.swarm:6881 --control seeder.control:9100",
    "--role seeder --file a --agent http://agent.control:9200 --agent-timeout 30s --name example",
  ])("accept %s", (argv) => {
    expect(load(argv).role).toBeDefined();
  });
});
