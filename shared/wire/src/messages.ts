import { MessageId } from "./message-id.js";

/** What comes before the payload of a block, length prefix included. */
export const PIECE_HEADER_BYTES = 13;

/** Four zero bytes that keep an idle connection open. */
export function encodeKeepAlive(): Uint8Array {
  return new Uint8Array(4);
}

/** I answer no more requests. */
export function encodeChoke(): Uint8Array {
  return encodeBare(MessageId.choke);
}

/** I answer requests. */
export function encodeUnchoke(): Uint8Array {
  return encodeBare(MessageId.unchoke);
}

/** You have something that I want. */
export function encodeInterested(): Uint8Array {
  return encodeBare(MessageId.interested);
}

/** You have nothing that I want. */
export function encodeNotInterested(): Uint8Array {
  return encodeBare(MessageId.notInterested);
}

/** I have piece `index`. */
export function encodeHave(index: number): Uint8Array {
  return encodeIndex(MessageId.have, index);
}

/** All the pieces that I have, in the layout of `Bitfield.bytes`. */
export function encodeBitfield(bytes: Uint8Array): Uint8Array {
  const message = new Uint8Array(5 + bytes.length);
  writePrefix(message, 1 + bytes.length, MessageId.bitfield);
  message.set(bytes, 5);
  return message;
}

/** Send me `length` bytes from `begin` of piece `index`. */
export function encodeRequest(index: number, begin: number, length: number): Uint8Array {
  return encodeBlock(MessageId.request, index, begin, length);
}

/** The 13 bytes in front of a block of `length` bytes, which is sent as a buffer of its own. */
export function encodePieceHeader(index: number, begin: number, length: number): Uint8Array {
  const header = new Uint8Array(PIECE_HEADER_BYTES);
  writePrefix(header, 9 + length, MessageId.piece);
  writeUint32(header, 5, index);
  writeUint32(header, 9, begin);
  return header;
}

/** I take my request for this block back. */
export function encodeCancel(index: number, begin: number, length: number): Uint8Array {
  return encodeBlock(MessageId.cancel, index, begin, length);
}

/** My DHT node listens on UDP `port` (BEP 5). */
export function encodePort(port: number): Uint8Array {
  const message = new Uint8Array(7);
  writePrefix(message, 3, MessageId.port);
  message[5] = port >>> 8;
  message[6] = port;
  return message;
}

/** You would do well to ask me for piece `index` (BEP 6). */
export function encodeSuggest(index: number): Uint8Array {
  return encodeIndex(MessageId.suggest, index);
}

/** I have every piece, instead of a bitfield (BEP 6). */
export function encodeHaveAll(): Uint8Array {
  return encodeBare(MessageId.haveAll);
}

/** I have no piece, instead of a bitfield (BEP 6). */
export function encodeHaveNone(): Uint8Array {
  return encodeBare(MessageId.haveNone);
}

/** I shall not answer this request (BEP 6). */
export function encodeReject(index: number, begin: number, length: number): Uint8Array {
  return encodeBlock(MessageId.reject, index, begin, length);
}

/** You may ask me for piece `index` even while choked (BEP 6). */
export function encodeAllowedFast(index: number): Uint8Array {
  return encodeIndex(MessageId.allowedFast, index);
}

/** A message of the extension protocol (BEP 10); `extendedId` is the one that the receiver chose, 0 for the handshake. */
export function encodeExtended(extendedId: number, payload: Uint8Array): Uint8Array {
  const message = new Uint8Array(6 + payload.length);
  writePrefix(message, 2 + payload.length, MessageId.extended);
  message[5] = extendedId;
  message.set(payload, 6);
  return message;
}

function encodeBare(id: number): Uint8Array {
  const message = new Uint8Array(5);
  writePrefix(message, 1, id);
  return message;
}

function encodeIndex(id: number, index: number): Uint8Array {
  const message = new Uint8Array(9);
  writePrefix(message, 5, id);
  writeUint32(message, 5, index);
  return message;
}

function encodeBlock(id: number, index: number, begin: number, length: number): Uint8Array {
  const message = new Uint8Array(17);
  writePrefix(message, 13, id);
  writeUint32(message, 5, index);
  writeUint32(message, 9, begin);
  writeUint32(message, 13, length);
  return message;
}

function writePrefix(target: Uint8Array, messageBytes: number, id: number): void {
  writeUint32(target, 0, messageBytes);
  target[4] = id;
}

function writeUint32(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value >>> 24;
  target[offset + 1] = value >>> 16;
  target[offset + 2] = value >>> 8;
  target[offset + 3] = value;
}
