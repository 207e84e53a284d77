import { z } from "zod";
import type {
  FilterProtocol,
  FilterRule,
  FilterTable,
  FilterTarget,
  WordMatch,
} from "../plan/filter-rule.js";
import { HTB_MAJOR, isOwnPreference } from "../plan/names.js";
import { parseJsonOutput } from "./json-output.js";

/** A filter of ours that is in the kernel. */
export interface ShownRule {
  /** `801::800`, to be deleted by. */
  readonly handle: string;
  readonly preference: number;
  readonly protocol: FilterProtocol;
  /** Undefined where it is none that this package would make. */
  readonly rule: FilterRule | undefined;
  /** The hash table that it leads to, and the offset of the word that is looked up. */
  readonly link: { readonly table: number; readonly offset: number } | undefined;
}

/** What there is at one hook. */
export interface ShownFilters {
  readonly rules: readonly ShownRule[];
  readonly tables: readonly Omit<FilterTable, "offset">[];
  readonly hasForeign: boolean;
}

export const NO_SHOWN_FILTERS: ShownFilters = { rules: [], tables: [], hasForeign: false };

/** u32 gives the table in which a preference begins a number of its own, from here on. */
const FIRST_ROOT_TABLE = 0x800;

const hexSchema = z.string().regex(/^[0-9a-f]{1,8}$/);
const matchSchema = z.object({ value: hexSchema, mask: hexSchema, off: z.number() });

const filtersSchema = z.array(
  z.object({
    protocol: z.string(),
    pref: z.number(),
    kind: z.string(),
    chain: z.number().default(0),
    options: z
      .object({
        fh: z.string().default(""),
        ht_divisor: z.number().optional(),
        key_ht: hexSchema.optional(),
        bkt: hexSchema.optional(),
        flowid: z.string().optional(),
        link: z.string().optional(),
        hash_off: z.number().optional(),
        actions: z
          .array(
            z.object({
              kind: z.string(),
              control_action: z.object({ type: z.string() }).optional(),
              mirred_action: z.string().optional(),
              to_dev: z.string().optional(),
            }),
          )
          .optional(),
      })
      .catchall(z.unknown())
      .optional(),
  }),
);
type Options = NonNullable<z.infer<typeof filtersSchema>[number]["options"]>;

/** Reads what `tc -j filter show dev … HOOK` prints. Throws TcOutputError. */
export function parseFilters(text: string): ShownFilters {
  const rules: ShownRule[] = [];
  const tables: Omit<FilterTable, "offset">[] = [];
  let hasForeign = false;
  for (const shown of parseJsonOutput("tc filter show", withDistinctMatches(text), filtersSchema)) {
    const { pref: preference, options } = shown;
    const protocol = readProtocol(shown.protocol);
    if (shown.kind !== "u32" || shown.chain !== 0 || protocol === undefined || !isOwnPreference(preference)) {
      hasForeign = true;
    } else if (options?.ht_divisor !== undefined) {
      const table = Number.parseInt(options.fh, 16);
      if (table < FIRST_ROOT_TABLE) tables.push({ preference, protocol, table });
    } else if (options !== undefined) {
      rules.push(readRule(preference, protocol, options));
    }
  }
  return { rules, tables, hasForeign };
}

/** tc writes the key `match` once for every word of a filter, of which JSON would keep the last. */
function withDistinctMatches(text: string): string {
  let count = 0;
  return text.replaceAll('"match":{', () => `"match${count++}":{`);
}

function readRule(preference: number, protocol: FilterProtocol, options: Options): ShownRule {
  const table = Number.parseInt(options.key_ht ?? "", 16);
  const target = readTarget(options);
  const link =
    options.link === undefined || options.hash_off === undefined
      ? undefined
      : { table: Number.parseInt(options.link, 16), offset: options.hash_off };
  return {
    handle: options.fh,
    preference,
    protocol,
    link,
    rule: target && {
      preference,
      protocol,
      bucket:
        table < FIRST_ROOT_TABLE ? { table, bucket: Number.parseInt(options.bkt ?? "", 16) } : undefined,
      matches: readMatches(options),
      target,
    },
  };
}

function readMatches(options: Options): WordMatch[] {
  const matches: WordMatch[] = [];
  for (const [key, value] of Object.entries(options)) {
    const match = /^match\d+$/.test(key) ? matchSchema.safeParse(value).data : undefined;
    if (match) {
      matches.push({
        offset: match.off,
        value: Number.parseInt(match.value, 16),
        mask: Number.parseInt(match.mask, 16),
      });
    }
  }
  return matches;
}

function readTarget({ flowid, actions }: Options): FilterTarget | undefined {
  const [action] = actions ?? [];
  if (action?.kind === "mirred" && action.mirred_action === "redirect" && action.to_dev !== undefined) {
    return { kind: "redirect", interfaceName: action.to_dev };
  }
  if (action?.kind === "gact") {
    const type = action.control_action?.type;
    return type === "drop" || type === "pass" ? { kind: type } : undefined;
  }
  const [, major = "", minor = ""] = /^([0-9a-f]{1,4}):([0-9a-f]{0,4})$/.exec(flowid ?? "") ?? [];
  if (Number.parseInt(major, 16) !== HTB_MAJOR) return undefined;
  return { kind: "class", minor: minor === "" ? 0 : Number.parseInt(minor, 16) };
}

function readProtocol(text: string): FilterProtocol | undefined {
  return (["ip", "ipv6", "arp", "all"] as const).find((protocol) => protocol === text);
}
