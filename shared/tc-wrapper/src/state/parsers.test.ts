import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseClasses } from "./classes.js";
import { parseFilters } from "./filters.js";
import { formatAlias, type InterfaceRecord, MAX_ALIAS_BYTES, parseAlias } from "./interface-record.js";
import { parseAddresses, parseInterfaces } from "./interfaces.js";
import { parseOffloads } from "./offloads.js";
import { parseQdiscs } from "./qdiscs.js";
import { TcOutputError } from "./tc-output-error.js";

// Samples are what iproute2 6.1 and ethtool 6.1 print.

describe("qdiscs", () => {
  it("are read with all of netem's settings", () => {
    const shown =
      '[{"kind":"htb","handle":"5a1b:","root":true,"refcnt":2,"options":{"r2q":10,"default":"0x10","direct_packets_stat":0,"direct_qlen":1000},"bytes":1000,"packets":10,"drops":1,"overlimits":0,"requeues":0,"backlog":3028,"qlen":2},' +
      '{"kind":"netem","handle":"5b11:","parent":"5a1b:11","options":{"limit":1000,"delay":{"delay":0.025122,"jitter":0.002499,"correlation":0},"loss-gemodel":{"p":0.01,"r":0.1,"1-h":0.7,"1-k":0.001},"reorder":{"reorder":0.01,"correlation":0},"corrupt":{"corrupt":0.0333333,"correlation":0},"rate":{"rate":125000000000,"packetoverhead":2,"cellsize":0,"celloverhead":0},"ecn":false,"gap":1}},' +
      '{"kind":"clsact","handle":"ffff:","parent":"ffff:fff1","options":{}}]';
    const [root, leaf, hooks] = parseQdiscs(shown);
    expect(root).toEqual({
      kind: "htb",
      major: 0x5a1b,
      parent: "root",
      netem: undefined,
      statistics: {
        sentBytes: 1000,
        sentPackets: 10,
        droppedPackets: 1,
        backlogBytes: 3028,
        backlogPackets: 2,
      },
    });
    expect(leaf).toMatchObject({ kind: "netem", major: 0x5b11, parent: "5a1b:11" });
    expect(leaf?.netem).toEqual({
      limitPackets: 1000,
      delayMs: 25.122,
      jitterMs: 2.499,
      distribution: "normal",
      loss: {
        model: "gilbert-elliott",
        toBadPercent: 1,
        toGoodPercent: 10,
        badLossPercent: 70,
        goodLossPercent: 0.1,
      },
      corruptPercent: 3.33333,
      duplicatePercent: 0,
      reorderPercent: 1,
      isOrderKept: true,
    });
    expect(hooks).toMatchObject({ kind: "clsact", major: 0xffff, parent: "ffff:fff1" });
  });

  it("may be none at all", () => {
    expect(parseQdiscs("")).toEqual([]);
    expect(parseQdiscs("[]\n")).toEqual([]);
  });
});

describe("classes", () => {
  it("are read from text", () => {
    const shown =
      "class htb 5a1b:11 parent 5a1b:1 leaf 5b11: prio 0 quantum 1514 rate 1Kbit ceil 10Mbit linklayer ethernet burst 1600b/1 mpu 0b cburst 1600b/1 mpu 0b level 0 buffer [0bebc200] cbuffer [00004e20] \n" +
      "class htb 5a1b:1 root rate 40Gbit ceil 40Gbit linklayer ethernet burst 50000000b/1 mpu 0b cburst 50000000b/1 mpu 0b level 7 buffer [0002625a] cbuffer [0002625a] \n" +
      "class htb 1:1 root rate 1Mbit ceil 1Mbit burst 1600b cburst 1600b \n";
    expect(parseClasses(shown)).toEqual([
      {
        minor: 0x11,
        parentMinor: 1,
        rateBitsPerSecond: 1000,
        ceilBitsPerSecond: 10e6,
        burstTicks: 200_000_000,
        ceilBurstTicks: 20_000,
        quantumBytes: 1514,
      },
      {
        minor: 1,
        parentMinor: undefined,
        rateBitsPerSecond: 40e9,
        ceilBitsPerSecond: 40e9,
        burstTicks: 156_250,
        ceilBurstTicks: 156_250,
        quantumBytes: undefined,
      },
    ]);
  });

  it("without a rate are not understood", () => {
    expect(() => parseClasses("class htb 5a1b:1 root \n")).toThrow(TcOutputError);
  });
});

describe("filters", () => {
  it("are read with every word that they match, tables, and what leads to these", () => {
    const shown =
      '[{"protocol":"ipv6","pref":23450,"kind":"u32","chain":0},{"protocol":"ipv6","pref":23450,"kind":"u32","chain":0,"options":{"fh":"800:","ht_divisor":1}},' +
      '{"protocol":"ipv6","pref":23450,"kind":"u32","chain":0,"options":{"fh":"800::800","order":2048,"key_ht":"800","bkt":"0","flowid":"5a1b:","not_in_hw":true,"match":{"value":"3a00","mask":"ff00","offmask":"","off":4},"match":{"value":"87000000","mask":"ff000000","offmask":"","off":40}}},' +
      '{"protocol":"ip","pref":23500,"kind":"u32","chain":0,"options":{"fh":"5b4:","ht_divisor":256}},' +
      '{"protocol":"ip","pref":23500,"kind":"u32","chain":0,"options":{"fh":"5b4:a:800","order":2048,"key_ht":"5b4","bkt":"a","flowid":"5a1b:10","not_in_hw":true,"match":{"value":"a00000a","mask":"ffffffff","offmask":"","off":16}}},' +
      '{"protocol":"ip","pref":23500,"kind":"u32","chain":0,"options":{"fh":"801::800","order":2048,"key_ht":"801","bkt":"0","link":"5b4:","not_in_hw":true,"match":{"value":"0","mask":"0","offmask":"","off":0},"hash_mask":"ff","hash_off":16}},' +
      '{"protocol":"ip","pref":23800,"kind":"u32","chain":0,"options":{"fh":"802::800","order":2048,"key_ht":"802","bkt":"0","not_in_hw":true,"match":{"value":"0","mask":"0","offmask":"","off":0},"actions":[{"order":1,"kind":"mirred","mirred_action":"redirect","direction":"egress","to_dev":"swl-eth0","control_action":{"type":"stolen"},"index":1,"ref":1,"bind":1}]}}]';
    const filters = parseFilters(shown);
    expect(filters.hasForeign).toBe(false);
    expect(filters.tables).toEqual([{ preference: 23500, protocol: "ip", table: 0x5b4 }]);
    expect(filters.rules).toEqual([
      {
        handle: "800::800",
        preference: 23450,
        protocol: "ipv6",
        link: undefined,
        rule: {
          preference: 23450,
          protocol: "ipv6",
          bucket: undefined,
          matches: [
            { offset: 4, value: 0x3a00, mask: 0xff00 },
            { offset: 40, value: 0x87000000, mask: 0xff000000 },
          ],
          target: { kind: "class", minor: 0 },
        },
      },
      {
        handle: "5b4:a:800",
        preference: 23500,
        protocol: "ip",
        link: undefined,
        rule: {
          preference: 23500,
          protocol: "ip",
          bucket: { table: 0x5b4, bucket: 0xa },
          matches: [{ offset: 16, value: 0x0a00000a, mask: 0xffffffff }],
          target: { kind: "class", minor: 0x10 },
        },
      },
      {
        handle: "801::800",
        preference: 23500,
        protocol: "ip",
        link: { table: 0x5b4, offset: 16 },
        rule: undefined,
      },
      {
        handle: "802::800",
        preference: 23800,
        protocol: "ip",
        link: undefined,
        rule: {
          preference: 23800,
          protocol: "ip",
          bucket: undefined,
          matches: [{ offset: 0, value: 0, mask: 0 }],
          target: { kind: "redirect", interfaceName: "swl-eth0" },
        },
      },
    ]);
  });

  it("of others are noticed, and not taken for ours", () => {
    const foreign =
      '[{"protocol":"ip","pref":7,"kind":"flower","chain":0},{"protocol":"ip","pref":7,"kind":"flower","chain":0,"options":{"handle":1,"keys":{"eth_type":"ipv4"},"not_in_hw":true}}]';
    expect(parseFilters(foreign)).toEqual({ rules: [], tables: [], hasForeign: true });
    const bpf =
      '[{"protocol":"all","pref":49152,"kind":"bpf","chain":0,"options":{"handle":"0x1","bpf_name":"cil_from_container"}}]';
    expect(parseFilters(bpf).hasForeign).toBe(true);
  });
});

describe("interfaces", () => {
  it("are read with what links change of them", () => {
    const shown =
      '[{"ifindex":3,"ifname":"swl-v0","flags":["BROADCAST","NOARP","UP","LOWER_UP"],"mtu":1500,"qdisc":"htb","linkinfo":{"info_kind":"ifb"},"inet6_addr_gen_mode":"none","gso_max_segs":65535,"ifalias":"rack 7"},' +
      '{"ifindex":4,"ifname":"eth0","flags":["BROADCAST"],"mtu":1450,"gso_max_segs":1}]';
    expect(parseInterfaces(shown)).toEqual([
      {
        name: "swl-v0",
        isUp: true,
        mtuBytes: 1500,
        gsoMaxSegments: 65535,
        alias: "rack 7",
        kind: "ifb",
        hasIpv6: true,
      },
      {
        name: "eth0",
        isUp: false,
        mtuBytes: 1450,
        gsoMaxSegments: 1,
        alias: "",
        kind: undefined,
        hasIpv6: false,
      },
    ]);
  });

  it("have offloads that can be switched, and others that cannot", () => {
    const feature = (active: boolean, fixed: boolean | null) => ({ active, fixed, requested: active });
    const shown = JSON.stringify([
      {
        ifname: "eth0",
        "tcp-segmentation-offload": feature(true, null),
        "generic-segmentation-offload": feature(true, false),
        "generic-receive-offload": feature(false, false),
        "large-receive-offload": feature(true, true),
      },
    ]);
    expect(parseOffloads(shown)).toEqual(["tso", "gso"]);
  });
});

describe("the record of an interface", () => {
  const amount = fc.option(fc.nat(), { nil: undefined });
  const record: fc.Arbitrary<InterfaceRecord> = fc.record({
    offloads: fc.subarray(["tso", "gso", "gro", "lro"]),
    gsoMaxSegments: fc.nat({ max: 65535 }),
    addedClsact: fc.boolean(),
    tcpReceiveBufferBytes: amount,
    tcpSendBufferBytes: amount,
  });

  it("is read as it was written, behind whatever others wrote", () => {
    fc.assert(
      fc.property(fc.oneof(fc.constant(""), fc.string({ maxLength: 100 })), record, (foreign, record) => {
        const alias = formatAlias({ foreign, record });
        expect(parseAlias(alias)).toEqual({ foreign, record });
      }),
    );
  });

  it("leaves room for others", () => {
    const greatest = { offloads: ["tso", "gso", "gro", "lro"], gsoMaxSegments: 65535, addedClsact: true };
    const buffers = { tcpReceiveBufferBytes: 2 ** 31, tcpSendBufferBytes: 2 ** 31 };
    const alias = formatAlias({ foreign: "", record: { ...greatest, ...buffers } });
    expect(Buffer.byteLength(alias)).toBeLessThan(MAX_ALIAS_BYTES / 2);
  });

  it("is not what looks like it", () => {
    for (const alias of [
      "[swarmlab]",
      "[swarmlab segments=x]",
      "[swarmlab offloads=tso]",
      "swarmlab segments=1",
    ]) {
      expect(parseAlias(alias)).toEqual({ foreign: alias, record: undefined });
    }
  });
});

describe("any other output", () => {
  const parsers = [parseQdiscs, parseClasses, parseFilters, parseInterfaces, parseAddresses, parseOffloads];
  const likeOurs = fc.constantFrom(
    "class htb 5a1b:1 root rate ",
    '[{"kind":"netem","handle":"1:","options":{"delay":',
    '[{"protocol":"ip","pref":23500,"kind":"u32","options":{"fh":"800::800","match":{"value":"',
  );

  it("is refused with a coded error, or read as something harmless", () => {
    const output = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.json(),
      fc.tuple(likeOurs, fc.string({ maxLength: 50 })).map((parts) => parts.join("")),
      fc
        .array(
          fc.dictionary(
            fc.constantFrom("kind", "handle", "options", "pref", "protocol", "mtu"),
            fc.jsonValue(),
          ),
        )
        .map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(output, (text) => {
        for (const parse of parsers) {
          try {
            parse(text);
          } catch (error) {
            expect(error).toBeInstanceOf(TcOutputError);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
