import { isIPv4, isIPv6 } from "node:net";
import { LinkPlanError } from "../link-plan-error.js";

/** An address (the longest prefix) or a block of addresses. */
export interface IpPrefix {
  readonly family: 4 | 6;
  /** One (IPv4) or four (IPv6) words of 32 bits in network order, zero behind the prefix. */
  readonly words: readonly number[];
  /** 0 to 32 (IPv4) or 128 (IPv6). */
  readonly length: number;
}

const MAX_TEXT_LENGTH = 64;
const WORD_BITS = 32;

/** Reads `10.0.0.7`, `10.0.0.0/8`, `fd00::7` or `fd00::/64`; bits behind the prefix are cleared. Throws LinkPlanError. */
export function parseIpPrefix(text: string): IpPrefix {
  const [address = "", lengthText, ...surplus] = text.length <= MAX_TEXT_LENGTH ? text.split("/") : [];
  const family = isIPv4(address) ? 4 : isIPv6(address) && !address.includes("%") ? 6 : undefined;
  const maxLength = family === 4 ? 32 : 128;
  const length =
    lengthText === undefined ? maxLength : /^\d{1,3}$/.test(lengthText) ? Number(lengthText) : Number.NaN;
  if (family === undefined || !(length <= maxLength) || surplus.length > 0) {
    throw new LinkPlanError(
      "BAD_ADDRESS",
      `"${text.slice(0, MAX_TEXT_LENGTH)}" is no address: give one like 10.0.0.7, 10.0.0.0/8, fd00::7 or fd00::/64`,
    );
  }
  const words = family === 4 ? [ipv4Word(address)] : ipv6Words(address);
  return { family, words: words.map((word, index) => (word & wordMask(length, index)) >>> 0), length };
}

/** Which bits of the word at `index` belong to a prefix of `length` bits. */
export function wordMask(length: number, index: number): number {
  const bits = Math.min(WORD_BITS, Math.max(0, length - index * WORD_BITS));
  // A shift by 32 would shift by 0.
  return bits === 0 ? 0 : (0xffffffff << (WORD_BITS - bits)) >>> 0;
}

/** The same text for the same prefix, however it was written. */
export function prefixKey({ words, length }: IpPrefix): string {
  return `${words.map((word) => word.toString(16)).join(":")}/${length}`;
}

function ipv4Word(address: string): number {
  return address.split(".").reduce((word, byte) => word * 256 + Number(byte), 0);
}

/** RFC 4291, section 2.2; the text has been found valid. */
function ipv6Words(address: string): number[] {
  const lastColon = address.lastIndexOf(":");
  const dotted = address.slice(lastColon + 1);
  const hexadecimal = dotted.includes(".")
    ? address.slice(0, lastColon + 1) + groupsOf(ipv4Word(dotted))
    : address;
  const [head = "", tail] = hexadecimal.split("::");
  const before = groups(head);
  const after = groups(tail ?? "");
  const zeros = new Array<number>(8 - before.length - after.length).fill(0);
  const all = [...before, ...zeros, ...after];
  return [0, 2, 4, 6].map((index) => (all[index] ?? 0) * 0x10000 + (all[index + 1] ?? 0));
}

function groups(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

function groupsOf(word: number): string {
  return `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`;
}
