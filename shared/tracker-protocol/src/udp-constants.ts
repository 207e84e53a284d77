/** The actions of BEP 15. */
export const udpAction = { connect: 0, announce: 1, scrape: 2, error: 3 } as const;

/** The events of BEP 15 by their number. */
export const udpEvents = [undefined, "completed", "started", "stopped"] as const;

/** As many torrents as fit a scrape (BEP 15: "about 74"). */
export const maxUdpScrapeTorrents = 74;
