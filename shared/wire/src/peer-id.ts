/** Which client, and which version of it: `-` two letters, four characters of version, `-` (Azureus style, BEP 20). */
const SWARMLAB_PREFIX = "-SL0100-";
const RANDOM_BYTES = 12;
const URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The clients that one meets, by the two letters of their peer ids (BEP 20; letters are case-sensitive). */
const CLIENT_NAMES: ReadonlyMap<string, string> = new Map([
  ["SL", "Swarmlab"],
  ["AZ", "Vuze"],
  ["BC", "BitComet"],
  ["BT", "BitTorrent"],
  ["BI", "BiglyBT"],
  ["DE", "Deluge"],
  ["FD", "Free Download Manager"],
  ["KT", "KTorrent"],
  ["LT", "libtorrent"],
  ["lt", "rTorrent"],
  ["qB", "qBittorrent"],
  ["TR", "Transmission"],
  ["UT", "uTorrent"],
  ["WW", "WebTorrent"],
  ["WD", "WebTorrent Desktop"],
]);

/** A peer id of this client from 12 random bytes. Throws RangeError on another number of them. */
export function makePeerId(randomBytes: Uint8Array): Uint8Array {
  if (randomBytes.length !== RANDOM_BYTES) {
    throw new RangeError(`${randomBytes.length} random bytes instead of ${RANDOM_BYTES}`);
  }
  let text = SWARMLAB_PREFIX;
  for (const byte of randomBytes) text += URL_SAFE.charAt(byte & 63);
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The client that a peer id names, like `qBittorrent 4.5.2`; `unknown` when it names none. */
export function clientOfPeerId(peerId: Uint8Array): string {
  const text = String.fromCharCode(...peerId.subarray(0, 20));
  const aria2 = /^A2-(\d{1,3})-(\d{1,3})-(\d{1,3})-/.exec(text);
  if (aria2) return `aria2 ${aria2[1]}.${aria2[2]}.${aria2[3]}`;
  const azureus = /^-([A-Za-z]{2})([0-9A-Za-z]{3})[0-9A-Za-z]-/.exec(text);
  if (!azureus) return "unknown";
  const name = CLIENT_NAMES.get(azureus[1] ?? "");
  if (name === undefined) return "unknown";
  // Letters stand for versions from 10 on.
  const version = Array.from(azureus[2] ?? "", (digit) => Number.parseInt(digit, 36)).join(".");
  return `${name} ${version}`;
}
