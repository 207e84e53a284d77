/**
 * The 4 or 16 bytes of an IP literal; undefined for anything else. An IPv4-mapped IPv6 address (`::ffff:1.2.3.4`) is
 * the IPv4 address that it stands for, as a dual-stack socket reports it. A zone (`%eth0`) is dropped.
 */
export function parseIp(text: string): Uint8Array | undefined {
  if (!text.includes(":")) return parseIpv4(text);
  const bytes = parseIpv6(text);
  return bytes !== undefined && isMapped(bytes, 0) ? bytes.subarray(12) : bytes;
}

/** The text of the IPv4 (`size` 4) or IPv6 (`size` 16, RFC 5952) address in `bytes` at `offset`. */
export function formatIp(bytes: Uint8Array, offset: number, size: 4 | 16): string {
  if (size === 4) return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
  if (isMapped(bytes, offset)) return formatIp(bytes, offset + 12, 4);
  const groups: number[] = [];
  for (let i = offset; i < offset + 16; i += 2) groups.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  const { start, length } = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  return readIpv4(text, 0, bytes, 0) ? bytes : undefined;
}

/** Reads dotted decimal from `start` to the end of `text` into `bytes` at `offset`. */
function readIpv4(text: string, start: number, bytes: Uint8Array, offset: number): boolean {
  let part = 0;
  let digits = 0;
  let value = 0;
  for (let i = start; i <= text.length; i++) {
    const code = i === text.length ? 0x2e : text.charCodeAt(i);
    if (code === 0x2e) {
      if (digits === 0 || part === 4) return false;
      bytes[offset + part++] = value;
      digits = 0;
      value = 0;
    } else {
      const leadingZero = digits > 0 && value === 0;
      if (code < 0x30 || code > 0x39 || leadingZero) return false;
      value = value * 10 + code - 0x30;
      if (++digits > 3 || value > 255) return false;
    }
  }
  return part === 4;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const zone = text.indexOf("%");
  const address = zone < 0 ? text : text.slice(0, zone);
  const gap = address.indexOf("::");
  if (gap < 0) {
    const bytes = new Uint8Array(16);
    return readGroups(address, bytes) === 16 ? bytes : undefined;
  }
  const head = new Uint8Array(16);
  const tail = new Uint8Array(16);
  const headSize = gap === 0 ? 0 : readGroups(address.slice(0, gap), head);
  const tailText = address.slice(gap + 2);
  const tailSize = tailText === "" ? 0 : readGroups(tailText, tail);
  if (headSize === undefined || tailSize === undefined || headSize + tailSize > 14) return undefined;
  if (address.slice(0, gap).includes(".")) return undefined;
  head.set(tail.subarray(0, tailSize), 16 - tailSize);
  return head;
}

/** Reads `a:b:…` (the last may be dotted decimal) into `bytes`; how many bytes that were, undefined for nonsense. */
function readGroups(text: string, bytes: Uint8Array): number | undefined {
  const groups = text.split(":");
  let offset = 0;
  for (const [index, group] of groups.entries()) {
    if (index === groups.length - 1 && group.includes(".")) {
      return offset <= 12 && readIpv4(group, 0, bytes, offset) ? offset + 4 : undefined;
    }
    if (offset === 16 || !/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
    const value = Number.parseInt(group, 16);
    bytes[offset] = value >> 8;
    bytes[offset + 1] = value & 0xff;
    offset += 2;
  }
  return offset;
}

function isMapped(bytes: Uint8Array, offset: number): boolean {
  for (let i = offset; i < offset + 10; i++) if (bytes[i] !== 0) return false;
  return bytes[offset + 10] === 0xff && bytes[offset + 11] === 0xff;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}
