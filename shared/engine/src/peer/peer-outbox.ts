import type { Bitfield } from "@swarmlab/wire/bitfield";
import {
  EXTENDED_HANDSHAKE_ID,
  encodeExtendedHandshake,
  encodeMetadataMessage,
  type MetadataMessage,
} from "@swarmlab/wire/extension";
import * as messages from "@swarmlab/wire/messages";
import { UploadQueue } from "../upload/upload-queue.js";
import type { PeerTransport } from "./peer-transport.js";

/** The id by which we want to receive `ut_metadata` messages (BEP 9). */
export const METADATA_ID = 1;
export const METADATA_NAME = "ut_metadata";
/** Requests that we queue for a peer (`reqq`). */
const REQUEST_QUEUE = 500;
const CLIENT_NAME = "Swarmlab 0.1.0";

/** Our side of a connection: what we have said to the peer, and the messages that say it. */
export abstract class PeerOutbox {
  readonly transport: PeerTransport;
  readonly supportsFast: boolean;
  /** What the peer asked for and was not sent yet. */
  readonly uploads = new UploadQueue();
  isUnchoked = false;
  weAreInterested = false;

  constructor(transport: PeerTransport, supportsFast: boolean) {
    this.transport = transport;
    this.supportsFast = supportsFast;
  }

  /** The id by which the peer wants `ut_metadata` messages; undefined when it does not. */
  protected abstract readonly metadataId: number | undefined;

  sendExtendedHandshake(listenPort: number | undefined, metadataBytes: number | undefined): void {
    const payload = encodeExtendedHandshake({
      messageIds: new Map([[METADATA_NAME, METADATA_ID]]),
      client: CLIENT_NAME,
      requestQueue: REQUEST_QUEUE,
      ...(listenPort === undefined ? {} : { listenPort }),
      ...(metadataBytes === undefined ? {} : { metadataBytes }),
    });
    this.transport.send(messages.encodeExtended(EXTENDED_HANDSHAKE_ID, payload));
  }

  sendMetadata(message: MetadataMessage): void {
    if (this.metadataId === undefined) return;
    this.transport.send(messages.encodeExtended(this.metadataId, encodeMetadataMessage(message)));
  }

  /** Tells what we have; the first message after the handshakes. */
  sendPieces(pieces: Bitfield): void {
    if (this.supportsFast && pieces.length > 0 && pieces.isComplete) {
      this.transport.send(messages.encodeHaveAll());
    } else if (this.supportsFast && pieces.count === 0) this.transport.send(messages.encodeHaveNone());
    else if (pieces.count > 0) this.transport.send(messages.encodeBitfield(pieces.bytes.slice()));
  }

  sendHave(index: number): void {
    this.transport.send(messages.encodeHave(index));
  }

  sendKeepAlive(): void {
    this.transport.send(messages.encodeKeepAlive());
  }

  setInterested(isInterested: boolean): void {
    if (this.weAreInterested === isInterested) return;
    this.weAreInterested = isInterested;
    this.transport.send(isInterested ? messages.encodeInterested() : messages.encodeNotInterested());
  }

  unchoke(): void {
    if (this.isUnchoked) return;
    this.isUnchoked = true;
    this.transport.send(messages.encodeUnchoke());
  }

  choke(): void {
    if (!this.isUnchoked) return;
    this.isUnchoked = false;
    this.transport.send(messages.encodeChoke());
    for (const { index, begin, length } of this.uploads.drain()) this.sendReject(index, begin, length);
  }

  request(index: number, begin: number, length: number): void {
    this.transport.send(messages.encodeRequest(index, begin, length));
  }

  cancel(index: number, begin: number, length: number): void {
    this.transport.send(messages.encodeCancel(index, begin, length));
  }

  /** Says that a request will not be answered; without the fast extension (BEP 6) silence says it. */
  sendReject(index: number, begin: number, length: number): void {
    if (this.supportsFast) this.transport.send(messages.encodeReject(index, begin, length));
  }
}
