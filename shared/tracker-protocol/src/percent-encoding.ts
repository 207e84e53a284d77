const unreserved = /[A-Za-z0-9\-._~]/;
const encodedBytes = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return unreserved.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
});

/** Raw bytes as they stand in a query (RFC 3986). */
export function percentEncode(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += encodedBytes[byte];
  return text;
}

/**
 * Decodes the part of a query from `start` to `end` into `target`; `+` is a space. Returns how many bytes it was,
 * -1 when that is more than `target` holds or a `%` is not followed by two hexadecimal digits.
 */
export function percentDecode(bytes: Uint8Array, start: number, end: number, target: Uint8Array): number {
  let length = 0;
  for (let i = start; i < end; i++) {
    let byte = bytes[i] ?? 0;
    if (byte === PERCENT) {
      if (i + 2 >= end) return -1;
      byte = (hexDigit(bytes[i + 1] ?? 0) << 4) | hexDigit(bytes[i + 2] ?? 0);
      if (byte < 0) return -1;
      i += 2;
    } else if (byte === PLUS) {
      byte = SPACE;
    }
    if (length === target.length) return -1;
    target[length++] = byte;
  }
  return length;
}

const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;

/** The value of a hexadecimal digit; negative for another byte. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
