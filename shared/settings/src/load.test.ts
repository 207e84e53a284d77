import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { formatSocketAddress, listenAddress, socketAddress, url } from "./addresses.js";
import { defineSettings } from "./definition.js";
import { loadSettings } from "./load.js";
import { SettingsError } from "./settings-error.js";
import { bitRate, byteSize, durationMs } from "./units.js";

const definition = defineSettings({
  name: "example-peer",
  summary: "Fetches an example.",
  version: "1.2.3",
  environmentPrefix: "EXAMPLE_",
  schema: z.object({
    leechers: z.number().int().min(1).default(5).describe("how many leechers"),
    upLimit: bitRate().prefault("unlimited").describe("upload limit in bits a second"),
    size: byteSize().optional().describe("size of the content"),
    interval: durationMs().prefault("10s").describe("time between announces"),
    peer: z.array(socketAddress()).default([]).describe("a peer to connect to"),
    tracker: url(["http:", "udp:"]).optional().describe("the tracker's announce URL"),
    level: z.enum(["debug", "info"]).default("info").describe("how much is logged"),
    json: z.boolean().default(false).describe("machine-readable output"),
    color: z.boolean().default(true).describe("colours"),
  }),
});

function load(argv: string[], env: Record<string, string> = {}, file = "{}") {
  const loaded = loadSettings(definition, { argv, env, readFile: () => file });
  if (loaded.kind !== "settings") throw new Error(`got ${loaded.kind}`);
  return loaded;
}

function refusal(argv: string[], env: Record<string, string> = {}, file = "{}"): SettingsError {
  try {
    load(argv, env, file);
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

describe("loadSettings", () => {
  it("takes a flag before the environment, that before the file, that before the default", () => {
    const file = JSON.stringify({ leechers: 2, interval: "2s", level: "debug" });
    const { values } = load(
      ["--leechers", "4", "--config", "example.json"],
      { EXAMPLE_LEECHERS: "3", EXAMPLE_INTERVAL: "3s" },
      file,
    );
    expect(values).toMatchObject({ leechers: 4, interval: 3000, level: "debug", color: true });
    expect(values.upLimit).toBe(Number.POSITIVE_INFINITY);
  });

  it("reads quantities with their units", () => {
    expect(load(["--up-limit", "5mbit"]).values.upLimit).toBe(5_000_000);
    expect(load(["--up-limit=1.5kbit"]).values.upLimit).toBe(1500);
    expect(load(["--size", "64MiB"]).values.size).toBe(67_108_864);
    expect(load(["--size", "1.5GiB"]).values.size).toBe(1_610_612_736);
    expect(load(["--size", "100MB"]).values.size).toBe(100_000_000);
    expect(load(["--interval", "500ms"]).values.interval).toBe(500);
  });

  it.each([
    [["--up-limit", "5mbps"], "bits a second, never bytes"],
    [["--up-limit", "0"], "expected a bit rate"],
    [["--size", "many"], "expected a size"],
    [["--interval", "10"], "with its unit"],
    [["--peer", "127.0.0.1"], "expected an address"],
    [["--peer", "127.0.0.1:65536"], "expected an address"],
    [["--tracker", "ftp://example.org/"], "begins with http:// or udp://"],
    [["--leechers", "few"], "--leechers"],
    [["--level", "loud"], "--level"],
  ])("refuses %j with a message that says what is right", (argv, message) => {
    expect(refusal(argv)).toMatchObject({ code: "INVALID_VALUE", message: expect.stringContaining(message) });
  });

  it("collects repeated flags and comma-separated variables", () => {
    const expected = [
      { host: "127.0.0.1", port: 1 },
      { host: "::1", port: 2 },
      { host: "::", port: 3 },
    ];
    expect(load(["--peer", "127.0.0.1:1", "--peer", "[::1]:2", "--peer=:3"]).values.peer).toEqual(expected);
    expect(load([], { EXAMPLE_PEER: "127.0.0.1:1,[::1]:2,:3" }).values.peer).toEqual(expected);
  });

  it("switches booleans on and off", () => {
    expect(load(["--json", "--no-color"]).values).toMatchObject({ json: true, color: false });
    expect(load([], { EXAMPLE_JSON: "true", EXAMPLE_COLOR: "0" }).values).toMatchObject({
      json: true,
      color: false,
    });
  });

  it("refuses what it does not know and suggests what was meant", () => {
    expect(refusal(["--leecher", "3"]).message).toContain("did you mean --leechers?");
    expect(refusal(["--quack", "3"])).toMatchObject({ code: "UNKNOWN_SETTING" });
    expect(refusal(["stray"])).toMatchObject({ code: "UNKNOWN_SETTING" });
    expect(refusal(["--config", "f.json"], {}, '{"uplimit":1}').message).toContain("did you mean upLimit?");
  });

  it("warns of an unknown variable with its prefix", () => {
    expect(load([], { EXAMPLE_LECHERS: "1", OTHER: "2" }).warnings).toEqual([
      "unknown environment variable EXAMPLE_LECHERS (did you mean EXAMPLE_LEECHERS?)",
    ]);
  });

  it("misses a value", () => {
    expect(refusal(["--up-limit", "--json"])).toMatchObject({ code: "MISSING_VALUE" });
    expect(refusal(["--up-limit"])).toMatchObject({ code: "MISSING_VALUE" });
  });

  it("refuses a file that is not a JSON object", () => {
    expect(refusal(["--config", "f.json"], {}, "{").code).toBe("BAD_FILE");
    expect(refusal(["--config", "f.json"], {}, "[]").code).toBe("BAD_FILE");
  });

  it("writes help from the schema", () => {
    const help = loadSettings(definition, { argv: ["--help"], env: {}, readFile: () => "" });
    expect(help).toMatchObject({ kind: "help" });
    const text = help.kind === "help" ? help.text : "";
    expect(text).toContain("Usage: example-peer [options]");
    expect(text).toMatch(/--up-limit RATE +upload limit in bits a second \(default unlimited\)/);
    expect(text).toMatch(/--peer ADDR:PORT +a peer to connect to \(may be repeated\) \[EXAMPLE_PEER\]/);
    expect(text).toContain("--level debug|info");
    expect(text).toContain("--no-color");
    expect(loadSettings(definition, { argv: ["--version"], env: {}, readFile: () => "" })).toEqual({
      kind: "version",
      text: "1.2.3\n",
    });
  });

  it("gives settings or a SettingsError for any arguments", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom("--peer", "--json", "--size"))), (argv) => {
        try {
          loadSettings(definition, { argv, env: {}, readFile: () => "{}" });
        } catch (error) {
          expect(error).toBeInstanceOf(SettingsError);
        }
      }),
    );
  });
});

describe("socketAddress", () => {
  it("reads back what formatSocketAddress writes", () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(host, fc.integer({ min: 0, max: 65535 }), (ip, port) => {
        const written = formatSocketAddress({ host: ip, port });
        expect(socketAddress().parse(written)).toEqual({ host: ip, port });
        expect(listenAddress().parse(written)).toEqual({ host: ip, port });
      }),
    );
  });

  it("takes no host name", () => {
    expect(socketAddress().safeParse("localhost:6881").success).toBe(false);
  });
});

describe("listenAddress", () => {
  it("takes host names", () => {
    fc.assert(
      fc.property(fc.domain(), fc.integer({ min: 0, max: 65535 }), (host, port) => {
        expect(listenAddress().parse(`${host}:${port}`)).toEqual({ host, port });
      }),
    );
    for (const host of ["localhost", "leecher.control", "swarmlab-leecher-3", "my_app", "3f2a9b"]) {
      expect(listenAddress().parse(`${host}:0`)).toEqual({ host, port: 0 });
    }
  });

  it("takes subnets, which socketAddress does not", () => {
    const prefix = (max: number) => fc.integer({ min: 0, max });
    const subnet = fc.oneof(
      fc.tuple(fc.ipV4(), prefix(32)).map(([ip, bits]) => [`${ip}/${bits}`, `${ip}/${bits}`] as const),
      fc.tuple(fc.ipV6(), prefix(128)).map(([ip, bits]) => [`${ip}/${bits}`, `[${ip}/${bits}]`] as const),
    );
    fc.assert(
      fc.property(subnet, ([host, written]) => {
        expect(listenAddress().parse(`${written}:6881`)).toEqual({ host, port: 6881 });
        expect(socketAddress().safeParse(`${written}:6881`).success).toBe(false);
      }),
    );
  });

  it.each([
    ...[
      "10.0.0.0/33:1",
      "10.0.0.0/:1",
      "10.0.0/8:1",
      "/8:1",
      "[fd00::/129]:1",
      "fd00::/64:1",
      "a/8:1",
      "[a]:1",
    ],
    ...[
      "example.org",
      "example.org:",
      "example.org:65536",
      "-example:1",
      "a..b:1",
      "a b:1",
      ".:1",
      "http://a:1",
    ],
    ...["127.0.0.256:1", "127.1:1", "0x7f000001:1", `${"a".repeat(64)}:1`, `${"a.".repeat(127)}a:1`],
  ])("refuses %s", (text) => {
    expect(listenAddress().safeParse(text).success).toBe(false);
  });

  it("gives an address or a message for any text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { success, data, error } = listenAddress().safeParse(text);
        if (success) expect(data.port).toBeLessThanOrEqual(65535);
        else expect(error.message).toContain("expected an address");
      }),
    );
  });
});
