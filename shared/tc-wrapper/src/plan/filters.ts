import { type IpPrefix, parseIpPrefix, prefixKey, wordMask } from "../addresses/ip-prefix.js";
import { LinkPlanError } from "../link-plan-error.js";
import {
  type FilterPlan,
  type FilterProtocol,
  type FilterRule,
  type FilterTable,
  type FilterTarget,
  NO_FILTERS,
  type WordMatch,
} from "./filter-rule.js";
import { DIRECT_MINOR, HASH_TABLES, PREFERENCES } from "./names.js";

/** Offsets in bytes from the start of the IP header: RFC 791, section 3.1; RFC 8200, section 3. */
const ADDRESS_OFFSETS = { 4: { source: 12, destination: 16 }, 6: { source: 8, destination: 24 } } as const;
const PROTOCOLS = { 4: "ip", 6: "ipv6" } as const;
const LONGEST = { 4: 32, 6: 128 } as const;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;
/** Neighbour solicitation and advertisement, RFC 4861. */
const NEIGHBOUR_MESSAGES = [135, 136];

const NO_MATCH: readonly WordMatch[] = [{ offset: 0, value: 0, mask: 0 }];

const DIRECT: FilterTarget = { kind: "class", minor: DIRECT_MINOR };
const PASS: FilterTarget = { kind: "pass" };

/** Which end of a packet is looked at. */
type Side = "source" | "destination";

/** A route with the class of its leaf. */
export interface RoutedClass {
  readonly minor: number;
  readonly destinations: readonly string[];
}

/**
 * What goes where below the root of the interface. That neighbours find each other's hardware addresses (ARP, IPv6
 * neighbour discovery) is no business of the link between them. Throws LinkPlanError.
 */
export function egressFilters(routes: readonly RoutedClass[], unshapedPorts: readonly number[]): FilterPlan {
  const destinations = routes.flatMap(({ minor, destinations }) =>
    destinations.map((text) => ({ prefix: parseIpPrefix(text), target: { kind: "class", minor } as const })),
  );
  const seen = new Set<string>();
  for (const { prefix } of destinations) {
    const key = prefixKey(prefix);
    if (seen.has(key)) {
      throw new LinkPlanError("DUPLICATE_DESTINATION", `two routes lead to the same destination (${key})`);
    }
    seen.add(key);
  }
  const routing = addressFilters(destinations, "destination", PREFERENCES.routesIpv4, PREFERENCES.routesIpv6);
  return {
    tables: routing.tables,
    rules: [
      ...neighbourRules("destination", DIRECT),
      { preference: PREFERENCES.arp, protocol: "arp", bucket: undefined, matches: NO_MATCH, target: DIRECT },
      ...portRules(unshapedPorts, DIRECT),
      ...routing.rules,
    ],
  };
}

/** What a packet meets when it arrives at the interface, before its queue. */
export function ingressFilters(
  blocked: readonly string[],
  unshapedPorts: readonly number[],
  redirectTo: string | undefined,
): FilterPlan {
  const blocking = blockFilters(blocked, "source");
  if (redirectTo === undefined) return blocking;
  const target: FilterTarget = { kind: "redirect", interfaceName: redirectTo };
  const redirect = { bucket: undefined, matches: NO_MATCH, target };
  return {
    tables: blocking.tables,
    rules: [
      ...(blocking.rules.length > 0 ? blocking.rules : neighbourRules("source", PASS)),
      ...portRules(unshapedPorts, PASS),
      { preference: PREFERENCES.redirectIpv4, protocol: "ip", ...redirect },
      { preference: PREFERENCES.redirectIpv6, protocol: "ipv6", ...redirect },
    ],
  };
}

/**
 * Drops what comes from, or goes to, any of these addresses. Neighbours go on to find each other, so that they reach each
 * other again as soon as they may.
 */
export function blockFilters(blocked: readonly string[], side: Side): FilterPlan {
  const prefixes = new Map(
    blocked.map((text) => parseIpPrefix(text)).map((prefix) => [prefixKey(prefix), prefix]),
  );
  if (prefixes.size === 0) return NO_FILTERS;
  const drops = [...prefixes.values()].map((prefix) => ({ prefix, target: { kind: "drop" } as const }));
  const { blockedIpv4, blockedIpv6 } = PREFERENCES;
  const { tables, rules } = addressFilters(drops, side, blockedIpv4[side], blockedIpv6[side]);
  return { tables, rules: [...neighbourRules(side, PASS), ...rules] };
}

/** Around the queues with everything, before they are taken away. */
export const BYPASS_RULE: FilterRule = {
  preference: PREFERENCES.all,
  protocol: "all",
  bucket: undefined,
  matches: NO_MATCH,
  target: DIRECT,
};

function addressFilters(
  entries: readonly { readonly prefix: IpPrefix; readonly target: FilterTarget }[],
  side: Side,
  ipv4Preference: number,
  ipv6Preference: number,
): FilterPlan {
  const tables = new Map<number, FilterTable>();
  const rules = entries.map(({ prefix, target }): FilterRule => {
    const { family, words, length } = prefix;
    const protocol = PROTOCOLS[family];
    const offset = ADDRESS_OFFSETS[family][side];
    const preference = (family === 4 ? ipv4Preference : ipv6Preference) + LONGEST[family] - length;
    const matches = wordMatches(prefix, offset);
    if (length < LONGEST[family]) return { preference, protocol, bucket: undefined, matches, target };
    const table = HASH_TABLES[side][family];
    const lastWord = words.length - 1;
    tables.set(preference, { preference, protocol, table, offset: offset + 4 * lastWord });
    return {
      preference,
      protocol,
      bucket: { table, bucket: (words[lastWord] ?? 0) & 0xff },
      matches,
      target,
    };
  });
  return { tables: [...tables.values()], rules };
}

function wordMatches({ words, length }: IpPrefix, offset: number): readonly WordMatch[] {
  const matches = words.map((value, index) => ({
    offset: offset + 4 * index,
    value,
    mask: wordMask(length, index),
  }));
  const compared = matches.filter(({ mask }) => mask !== 0);
  return compared.length === 0 ? NO_MATCH : compared;
}

function neighbourRules(side: Side, target: FilterTarget): FilterRule[] {
  return NEIGHBOUR_MESSAGES.map((type) => ({
    preference: PREFERENCES.neighbours[side],
    protocol: "ipv6",
    bucket: undefined,
    matches: [
      { offset: 4, value: ICMPV6 << 8, mask: 0xff00 },
      { offset: 40, value: type * 2 ** 24, mask: 0xff000000 },
    ],
    target,
  }));
}

/** Without IP options or IPv6 extension headers, which TCP and UDP hardly ever carry; fragments but the first have no ports. */
function portRules(ports: readonly number[], target: FilterTarget): FilterRule[] {
  const rules: FilterRule[] = [];
  for (const port of new Set(ports)) {
    if (!Number.isInteger(port) || port < 1 || port > 65535) {
      throw new LinkPlanError("BAD_PORT", `${port} is no TCP or UDP port`);
    }
    const source = { value: port * 0x10000, mask: 0xffff0000 };
    const destination = { value: port, mask: 0xffff };
    for (const side of [source, destination]) {
      for (const transport of [TCP, UDP]) {
        rules.push(
          portRule(PREFERENCES.unshapedIpv4, "ip", target, [
            { offset: 8, value: transport * 0x10000, mask: 0x00ff0000 },
            { offset: 4, value: 0, mask: 0x1fff },
            { offset: 20, ...side },
          ]),
          portRule(PREFERENCES.unshapedIpv6, "ipv6", target, [
            { offset: 4, value: transport * 0x100, mask: 0xff00 },
            { offset: 40, ...side },
          ]),
        );
      }
    }
  }
  return rules;
}

function portRule(
  preference: number,
  protocol: FilterProtocol,
  target: FilterTarget,
  matches: readonly WordMatch[],
): FilterRule {
  return { preference, protocol, bucket: undefined, matches, target };
}
