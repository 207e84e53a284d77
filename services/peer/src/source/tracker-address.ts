/** A tracker that the user named. */
export interface TrackerAddress {
  readonly announceUrl: string;
  /** Where its catalogue of torrents is; undefined for a tracker that is only announced to. */
  readonly catalogueUrl: string | undefined;
}

/**
 * What a `--tracker` URL means: one without a path is a Swarmlab tracker, with a catalogue and `/announce`;
 * one with a path, or with the scheme `udp`, is an announce URL.
 */
export function trackerAddress(url: string): TrackerAddress {
  const { protocol, pathname, search, origin } = new URL(url);
  const isBase = protocol !== "udp:" && pathname === "/" && search === "";
  return isBase
    ? { announceUrl: `${origin}/announce`, catalogueUrl: origin }
    : { announceUrl: url, catalogueUrl: undefined };
}
