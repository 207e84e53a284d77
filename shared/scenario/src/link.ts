import { LinkError } from "./link-error.js";
import { LINK_PROFILES } from "./profiles.js";
import { formatRate, parsePercent, parseRate, parseTime } from "./units.js";

/** How jitter is spread around the delay; the names and shapes are those of netem (`tc-netem(8)`). */
export const DELAY_DISTRIBUTIONS = ["uniform", "normal", "pareto", "paretonormal"] as const;
export type DelayDistribution = (typeof DELAY_DISTRIBUTIONS)[number];

/** How packets are lost: each by chance, or in bursts (Gilbert-Elliott, with the parameters of netem's `gemodel`). */
export type LinkLoss =
  | { readonly model: "random"; readonly percent: number }
  | {
      readonly model: "gilbert-elliott";
      /** From the good state to the bad one, p. */
      readonly toBadPercent: number;
      /** From the bad state to the good one, r. */
      readonly toGoodPercent: number;
      /** Loss in the bad state, 1-h. */
      readonly badLossPercent: number;
      /** Loss in the good state, 1-k. */
      readonly goodLossPercent: number;
    };

/** The access line of one node, as it is declared; what emulates it (netem or the node's own transport) is another matter. */
export interface Link {
  /** From the node to the network, counted in frames (see `frame`); undefined is unlimited. */
  readonly upBitsPerSecond?: number;
  /** From the network to the node; undefined is unlimited. */
  readonly downBitsPerSecond?: number;
  /** One way between the node and the core of the network, in each direction: two nodes see an RTT of 2 (delayA + delayB). */
  readonly delayMs: number;
  /** How far the delay strays: the width on either side (uniform) or the standard deviation (the others). */
  readonly jitterMs: number;
  readonly distribution: DelayDistribution;
  /** In each direction. */
  readonly loss?: LinkLoss;
  readonly corruptPercent: number;
  readonly duplicatePercent: number;
  /** Packets that are sent at once instead of being delayed. */
  readonly reorderPercent: number;
}

/** A link that adds nothing to the network. */
export const NO_LINK: Link = {
  delayMs: 0,
  jitterMs: 0,
  distribution: "uniform",
  corruptPercent: 0,
  duplicatePercent: 0,
  reorderPercent: 0,
};

const SETTING_NAMES = [
  "up",
  "down",
  "delay",
  "jitter",
  "distribution",
  "loss",
  "corrupt",
  "duplicate",
  "reorder",
];

/**
 * Reads a link: `none`, the name of a profile, or settings separated by commas, after a profile or without one:
 * `dsl,delay=40ms,up=2mbit`. Settings are `up` and `down` (rates with bit, kbit, mbit or gbit, or `unlimited`), `delay` and
 * `jitter` (us, ms or s), `distribution`, `loss` (`1%`, or `gemodel:P:R[:1-H[:1-K]]` in percent as for tc), `corrupt`,
 * `duplicate` and `reorder` (%). Throws LinkError.
 */
export function parseLink(text: string): Link {
  const [first = "", ...rest] = text.split(",").map((part) => part.trim());
  if (first === "none" && rest.length === 0) return NO_LINK;
  const startsWithProfile = !first.includes("=");
  const base = startsWithProfile ? profileLink(first) : NO_LINK;
  return withSettings(base, startsWithProfile ? rest : [first, ...rest]);
}

/** The text of a link, which `parseLink` reads back as the same link. */
export function formatLink(link: Link): string {
  const settings: string[] = [];
  if (link.upBitsPerSecond !== undefined) settings.push(`up=${formatRate(link.upBitsPerSecond)}`);
  if (link.downBitsPerSecond !== undefined) settings.push(`down=${formatRate(link.downBitsPerSecond)}`);
  if (link.delayMs > 0) settings.push(`delay=${link.delayMs}ms`);
  if (link.jitterMs > 0) settings.push(`jitter=${link.jitterMs}ms`);
  if (link.distribution !== NO_LINK.distribution) settings.push(`distribution=${link.distribution}`);
  if (link.loss) settings.push(`loss=${formatLoss(link.loss)}`);
  if (link.corruptPercent > 0) settings.push(`corrupt=${link.corruptPercent}%`);
  if (link.duplicatePercent > 0) settings.push(`duplicate=${link.duplicatePercent}%`);
  if (link.reorderPercent > 0) settings.push(`reorder=${link.reorderPercent}%`);
  return settings.length === 0 ? "none" : settings.join(",");
}

function profileLink(name: string): Link {
  const profile = LINK_PROFILES.find((candidate) => candidate.name === name);
  if (profile) return withSettings(NO_LINK, profile.settings.split(","));
  const names = LINK_PROFILES.map((candidate) => candidate.name).join(", ");
  throw new LinkError(
    "UNKNOWN_PROFILE",
    `"${name}" is no link: give none, a profile (${names}), or settings like delay=40ms,up=2mbit`,
  );
}

function withSettings(base: Link, settings: readonly string[]): Link {
  let link = base;
  const seen = new Set<string>();
  for (const setting of settings) {
    const equals = setting.indexOf("=");
    const name = equals < 0 ? setting : setting.slice(0, equals);
    if (seen.has(name)) throw new LinkError("DUPLICATE_SETTING", `${name} is set twice`);
    seen.add(name);
    link = withSetting(link, name, setting.slice(name.length + 1));
  }
  if (link.jitterMs > link.delayMs) {
    throw new LinkError(
      "BAD_COMBINATION",
      `a jitter of ${link.jitterMs}ms is more than the delay of ${link.delayMs}ms`,
    );
  }
  if (link.reorderPercent > 0 && link.delayMs === 0) {
    throw new LinkError("BAD_COMBINATION", "reorder needs a delay: a packet overtakes by not being delayed");
  }
  return link;
}

function withSetting(link: Link, name: string, value: string): Link {
  switch (name) {
    case "up": {
      const { upBitsPerSecond: _, ...others } = link;
      const rate = parseRate(name, value);
      return rate === undefined ? others : { ...others, upBitsPerSecond: rate };
    }
    case "down": {
      const { downBitsPerSecond: _, ...others } = link;
      const rate = parseRate(name, value);
      return rate === undefined ? others : { ...others, downBitsPerSecond: rate };
    }
    case "loss": {
      const { loss: _, ...others } = link;
      const loss = parseLoss(value);
      return loss === undefined ? others : { ...others, loss };
    }
    case "delay":
      return { ...link, delayMs: parseTime(name, value) };
    case "jitter":
      return { ...link, jitterMs: parseTime(name, value) };
    case "distribution":
      return { ...link, distribution: parseDistribution(value) };
    case "corrupt":
      return { ...link, corruptPercent: parsePercent(name, value) };
    case "duplicate":
      return { ...link, duplicatePercent: parsePercent(name, value) };
    case "reorder":
      return { ...link, reorderPercent: parsePercent(name, value) };
    default:
      throw new LinkError(
        "UNKNOWN_SETTING",
        `a link has no setting "${name}", but ${SETTING_NAMES.join(", ")}`,
      );
  }
}

function parseDistribution(value: string): DelayDistribution {
  const distribution = DELAY_DISTRIBUTIONS.find((candidate) => candidate === value);
  if (distribution) return distribution;
  throw new LinkError(
    "BAD_DISTRIBUTION",
    `distribution=${value}: give one of ${DELAY_DISTRIBUTIONS.join(", ")}`,
  );
}

function parseLoss(value: string): LinkLoss | undefined {
  if (!value.includes(":")) {
    const percent = parsePercent("loss", value);
    return percent === 0 ? undefined : { model: "random", percent };
  }
  const [model, toBad, toGood, badLoss = "100%", goodLoss = "0%", ...surplus] = value.split(":");
  if (model !== "gemodel" || toBad === undefined || toGood === undefined || surplus.length > 0) {
    throw new LinkError(
      "BAD_LOSS",
      `loss=${value}: give a percentage like 1%, or gemodel:P:R[:1-H[:1-K]] like gemodel:1%:10%:70%:0.1%`,
    );
  }
  return {
    model: "gilbert-elliott",
    toBadPercent: parsePercent("loss", toBad),
    toGoodPercent: parsePercent("loss", toGood),
    badLossPercent: parsePercent("loss", badLoss),
    goodLossPercent: parsePercent("loss", goodLoss),
  };
}

function formatLoss(loss: LinkLoss): string {
  if (loss.model === "random") return `${loss.percent}%`;
  return `gemodel:${loss.toBadPercent}%:${loss.toGoodPercent}%:${loss.badLossPercent}%:${loss.goodLossPercent}%`;
}
