import type { MessageHandler } from "./message-handler.js";
import { MessageId } from "./message-id.js";
import { WireError } from "./wire-error.js";

/** Tells `handler` of a message that lies whole in `bytes` from `start` (its id) to `end`; blocks are not among them. */
export function dispatchMessage(
  handler: MessageHandler,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  const body = start + 1;
  switch (bytes[start]) {
    case MessageId.choke:
      handler.onChoke();
      break;
    case MessageId.unchoke:
      handler.onUnchoke();
      break;
    case MessageId.interested:
      handler.onInterested();
      break;
    case MessageId.notInterested:
      handler.onNotInterested();
      break;
    case MessageId.have:
      handler.onHave(readUint32(bytes, body));
      break;
    case MessageId.bitfield:
      handler.onBitfield(bytes.subarray(body, end));
      break;
    case MessageId.request:
      handler.onRequest(readUint32(bytes, body), readUint32(bytes, body + 4), readUint32(bytes, body + 8));
      break;
    case MessageId.cancel:
      handler.onCancel(readUint32(bytes, body), readUint32(bytes, body + 4), readUint32(bytes, body + 8));
      break;
    case MessageId.port:
      handler.onPort(((bytes[body] as number) << 8) | (bytes[body + 1] as number));
      break;
    case MessageId.suggest:
      handler.onSuggest(readUint32(bytes, body));
      break;
    case MessageId.haveAll:
      handler.onHaveAll();
      break;
    case MessageId.haveNone:
      handler.onHaveNone();
      break;
    case MessageId.reject:
      handler.onReject(readUint32(bytes, body), readUint32(bytes, body + 4), readUint32(bytes, body + 8));
      break;
    case MessageId.allowedFast:
      handler.onAllowedFast(readUint32(bytes, body));
      break;
    case MessageId.extended:
      handler.onExtended(bytes[body] as number, bytes.subarray(body + 1, end));
      break;
  }
}

/** The parts of a message that must lie together before it can be acted on. */
export type MessageShape =
  /** The whole message. */
  | "whole"
  /** The index and begin in front of a block. */
  | "block"
  /** Nothing: the type is unknown. */
  | "unknown";

/** Throws WireError `BAD_MESSAGE_LENGTH` when a message of type `id` cannot have a length prefix of `length`. */
export function messageShape(id: number, length: number): MessageShape {
  let isRight = true;
  let shape: MessageShape = "whole";
  switch (id) {
    case MessageId.choke:
    case MessageId.unchoke:
    case MessageId.interested:
    case MessageId.notInterested:
    case MessageId.haveAll:
    case MessageId.haveNone:
      isRight = length === 1;
      break;
    case MessageId.have:
    case MessageId.suggest:
    case MessageId.allowedFast:
      isRight = length === 5;
      break;
    case MessageId.request:
    case MessageId.cancel:
    case MessageId.reject:
      isRight = length === 13;
      break;
    case MessageId.port:
      isRight = length === 3;
      break;
    case MessageId.extended:
      isRight = length >= 2;
      break;
    case MessageId.bitfield:
      break;
    case MessageId.piece:
      isRight = length >= 9;
      shape = "block";
      break;
    default:
      shape = "unknown";
  }
  if (!isRight)
    throw new WireError("BAD_MESSAGE_LENGTH", `a message of type ${id} with a length of ${length}`);
  return shape;
}

/** A big-endian 32-bit number. */
export function readUint32(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16);
  return (high | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0;
}
