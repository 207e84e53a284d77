import { formatLink, type Link, parseLink } from "@swarmlab/scenario/link";
import { LinkError } from "@swarmlab/scenario/link-error";

/** A link, and how people call it. */
export interface NamedLink {
  /** In the notation of `parseLink`. */
  readonly text: string;
  readonly link: Link;
}

/** Reads a link. Throws LinkError. */
export function namedLink(text: string): NamedLink {
  const trimmed = text.trim();
  return { text: trimmed, link: parseLink(trimmed) };
}

/**
 * The link after a change. A change that begins with a profile (or `none`) says all of the link; one of settings alone,
 * like `delay=40ms,up=unlimited`, changes these and keeps the rest. Throws LinkError.
 */
export function changedLink(current: NamedLink, change: string): NamedLink {
  const parts = change.split(",").map((part) => part.trim());
  if (parts[0]?.includes("=") !== true) return namedLink(change);
  const names = parts.map(settingName);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new LinkError("DUPLICATE_SETTING", `${twice} is set twice`);
  const kept = settingsOf(current.link).filter((setting) => !names.includes(settingName(setting)));
  const link = parseLink([...kept, ...parts].join(","));
  return { text: formatLink(link), link };
}

/** Whether a link changes anything that passes it. */
export function addsNothing(link: Link): boolean {
  return formatLink(link) === "none";
}

function settingsOf(link: Link): string[] {
  return addsNothing(link) ? [] : formatLink(link).split(",");
}

function settingName(setting: string): string {
  return setting.split("=", 1)[0] ?? "";
}
