import { type BencodeDict, decodeBencodeDict } from "@swarmlab/bencode/decode";
import { encodeBencode } from "@swarmlab/bencode/encode";
import { BencodeError } from "@swarmlab/bencode/error";
import { optionalList, optionalText, textOf } from "@swarmlab/bencode/fields";
import { METAINFO_LIMITS, parseInfo, type TorrentInfo } from "./info.js";

/** A `.torrent` file (BEP 3): the torrent and where to ask for peers. */
export interface Metainfo {
  readonly info: TorrentInfo;
  /** Tracker URLs as they were written, in tiers to be tried one after the other (BEP 12). */
  readonly announceTiers: readonly (readonly string[])[];
  readonly comment: string | undefined;
  readonly createdBy: string | undefined;
  readonly creationDate: Date | undefined;
}

/**
 * Reads a `.torrent` file. The result holds views of `bytes`.
 * @throws BencodeError where it is malformed or a field is of the wrong type
 * @throws MetainfoError where it makes no sense or is not safe
 */
export function parseMetainfo(bytes: Uint8Array): Metainfo {
  const { dict, rawValues } = decodeBencodeDict(bytes, { keyOrder: "any", limits: METAINFO_LIMITS });
  const infoBytes = rawValues.get("info");
  if (infoBytes === undefined) throw new BencodeError("MISSING_FIELD", `"info" is missing`);
  return {
    info: parseInfo(infoBytes),
    announceTiers: readAnnounceTiers(dict),
    comment: readRemark(dict, "comment"),
    createdBy: readRemark(dict, "created by"),
    creationDate: readCreationDate(dict),
  };
}

/** Writes a `.torrent` file; its info dictionary is `info.infoBytes`, unchanged. */
export function encodeMetainfo(metainfo: Metainfo): Uint8Array {
  const { announceTiers, creationDate } = metainfo;
  const announceCount = announceTiers.reduce((sum, tier) => sum + tier.length, 0);
  const fields = encodeBencode({
    announce: announceTiers.find((tier) => tier.length > 0)?.[0],
    "announce-list": announceCount > 1 ? announceTiers : undefined,
    comment: metainfo.comment,
    "created by": metainfo.createdBy,
    "creation date": creationDate === undefined ? undefined : Math.floor(creationDate.getTime() / 1000),
  });
  // "info" sorts behind all of these keys, so the raw dictionary goes before the closing "e".
  return new Uint8Array(
    Buffer.concat([fields.subarray(0, -1), Buffer.from("4:info"), metainfo.info.infoBytes, Buffer.from("e")]),
  );
}

function readAnnounceTiers(dict: BencodeDict): string[][] {
  const tiers = (optionalList(dict, "announce-list") ?? [])
    .map((tier) => {
      if (!Array.isArray(tier))
        throw new BencodeError("WRONG_TYPE", `"announce-list" is not a list of lists`);
      return tier.map((url) => textOf(url, "announce-list")).filter((url) => url !== "");
    })
    .filter((tier) => tier.length > 0);
  if (tiers.length > 0) return tiers;
  const announce = optionalText(dict, "announce");
  return announce ? [[announce]] : [];
}

/** A remark to people. One in another encoding, as old torrents have, is no reason to refuse the torrent. */
function readRemark(dict: BencodeDict, key: string): string | undefined {
  try {
    return optionalText(dict, key);
  } catch {
    return undefined;
  }
}

function readCreationDate(dict: BencodeDict): Date | undefined {
  const seconds = dict.get("creation date");
  if (typeof seconds !== "number") return undefined;
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
