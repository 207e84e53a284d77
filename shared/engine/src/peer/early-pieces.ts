import { Bitfield } from "@swarmlab/wire/bitfield";
import { PeerError } from "./peer-error.js";

/** More `have` messages than this before the torrent is known are not remembered. */
const MAX_EARLY_HAVES = 65_536;

/** What a peer says of its pieces before we know how many there are (a magnet link's metadata is on its way). */
export class EarlyPieces {
  #bitfield: Uint8Array | undefined;
  #hasAll = false;
  readonly #haves: number[] = [];

  setBitfield(bytes: Uint8Array): void {
    this.#bitfield = bytes.slice();
  }

  setAll(): void {
    this.#hasAll = true;
  }

  addHave(index: number): void {
    if (this.#haves.length < MAX_EARLY_HAVES) this.#haves.push(index);
  }

  /** All of it, now that the number of pieces is known. Throws WireError or PeerError when it does not fit. */
  toBitfield(pieceCount: number): Bitfield {
    const pieces =
      this.#bitfield === undefined ? new Bitfield(pieceCount) : Bitfield.fromWire(pieceCount, this.#bitfield);
    if (this.#hasAll) for (let index = 0; index < pieceCount; index++) pieces.set(index);
    for (const index of this.#haves) {
      if (index >= pieceCount) throw new PeerError("PROTOCOL", `piece ${index} of ${pieceCount}`);
      pieces.set(index);
    }
    return pieces;
  }
}
