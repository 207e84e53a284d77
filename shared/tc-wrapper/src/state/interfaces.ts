import { z } from "zod";
import { parseJsonOutput } from "./json-output.js";

/** A network interface as far as links are concerned. */
export interface NetworkInterface {
  readonly name: string;
  readonly isUp: boolean;
  readonly mtuBytes: number;
  readonly gsoMaxSegments: number;
  readonly alias: string;
  /** `veth`, `ifb` …; undefined of hardware. */
  readonly kind: string | undefined;
  readonly hasIpv6: boolean;
}

const interfacesSchema = z.array(
  z.object({
    ifname: z.string(),
    flags: z.array(z.string()).default([]),
    mtu: z.number(),
    gso_max_segs: z.number().default(65535),
    ifalias: z.string().default(""),
    linkinfo: z.object({ info_kind: z.string().optional() }).optional(),
    inet6_addr_gen_mode: z.string().optional(),
  }),
);

const addressesSchema = z.array(
  z.object({
    ifname: z.string().optional(),
    addr_info: z.array(z.object({ local: z.string().optional() })).default([]),
  }),
);

/** Reads what `ip -d -j link show` prints. Throws TcOutputError. */
export function parseInterfaces(text: string): NetworkInterface[] {
  return parseJsonOutput("ip link show", text, interfacesSchema).map((shown) => ({
    name: shown.ifname,
    isUp: shown.flags.includes("UP"),
    mtuBytes: shown.mtu,
    gsoMaxSegments: shown.gso_max_segs,
    alias: shown.ifalias,
    kind: shown.linkinfo?.info_kind,
    hasIpv6: shown.inet6_addr_gen_mode !== undefined,
  }));
}

/** Reads what `ip -j address show` prints: the addresses of each interface. Throws TcOutputError. */
export function parseAddresses(
  text: string,
): { readonly name: string; readonly addresses: readonly string[] }[] {
  return parseJsonOutput("ip address show", text, addressesSchema).map(({ ifname = "", addr_info }) => ({
    name: ifname,
    addresses: addr_info.flatMap(({ local }) => (local === undefined ? [] : [local])),
  }));
}
