import { z } from "zod";
import { aria2 } from "../foreign/aria2.js";
import { libtorrent } from "../foreign/libtorrent.js";
import type { BitTorrentClient } from "../nodes/client.js";
import { ours } from "../nodes/our-peer.js";

const clients: readonly BitTorrentClient[] = [ours, aria2, libtorrent];
const names = clients.map((client) => client.name).join(",");

/** A setting: which clients are compared, as `ours,aria2`. Refuses those that are not installed. */
export function clientList() {
  return z
    .string()
    .transform((text, context) => {
      const chosen = text.split(",").map((name) => clients.find((client) => client.name === name.trim()));
      const known = chosen.filter((client) => client !== undefined);
      if (known.length < chosen.length) {
        context.addIssue({ code: "custom", message: `expected some of ${names}, not "${text}"` });
      }
      for (const client of known) {
        const missing = client.missing();
        if (missing === undefined) continue;
        const advice = `install Debian's package ${missing} (scripts/install-test-tools.sh), or leave it out`;
        context.addIssue({ code: "custom", message: `${client.name} is not on this machine: ${advice}` });
      }
      return known;
    })
    .prefault(names)
    .meta({ placeholder: "NAMES" });
}
