import type { AnnounceEvent } from "@swarmlab/tracker-protocol/announce";
import { PeerList, type Role } from "./peer-list.js";

export interface SwarmStoreOptions {
  /** Monotonic, in milliseconds. */
  readonly nowMs: () => number;
  /** Uniform integers from 0 to 2^32 - 1. */
  readonly randomUint32: () => number;
  /** A peer that was not heard of for so long is forgotten; it may take a quarter longer. */
  readonly peerLifeMs: number;
  readonly maxTorrents: number;
  readonly maxPeers: number;
}

/** What the store needs to know of an announce. */
export interface StoreAnnounce {
  readonly infoHash: Uint8Array;
  /** 4 or 16 bytes: where the announce came from. */
  readonly ip: Uint8Array;
  readonly port: number;
  readonly leftBytes: number;
  readonly event: AnnounceEvent | undefined;
  /** How many peers are given at the most, 0 to {@link maxPickedPeers}; those of the announce's own family come first. */
  readonly maxPicked: number;
  /** Whether peers of the other family may fill up what is left. */
  readonly bothFamilies: boolean;
}

/** Packed peers (BEP 23, BEP 7) and figures. `ipv4` and `ipv6` are the store's own memory: valid until the next announce. */
export interface StoreAnswer {
  readonly kind: "answer";
  readonly seeders: number;
  readonly leechers: number;
  readonly ipv4: Uint8Array;
  readonly ipv6: Uint8Array;
}

export interface StoreRefusal {
  readonly kind: "refusal";
  readonly reason: "TOO_MANY_TORRENTS" | "TOO_MANY_PEERS";
}

export interface SwarmFigures {
  readonly seeders: number;
  readonly leechers: number;
  readonly completed: number;
}

export interface StoreTotals {
  torrents: number;
  readonly peers: Record<"ipv4" | "ipv6", Record<Role, number>>;
}

/** More peers are never given in one answer. */
export const maxPickedPeers = 200;

const ipv4Stride = 6;
const ipv6Stride = 18;
/** Ticks are counted in 16 bits; this many to a life leave room for sweeps that come late. */
const ticksPerLife = 1024;

interface Swarm {
  ipv4: PeerList | undefined;
  ipv6: PeerList | undefined;
  completed: number;
  /** Kept although it has no peers, for its `completed`. */
  pinned: boolean;
}

/**
 * All swarms of a tracker, without any I/O, made for hundreds of thousands of torrents: an object per torrent, but
 * none per peer. A seeder is given leechers only, nobody is given itself, and `stopped` removes at once.
 */
export class SwarmStore {
  readonly totals: StoreTotals = {
    torrents: 0,
    peers: { ipv4: { seeder: 0, leecher: 0 }, ipv6: { seeder: 0, leecher: 0 } },
  };
  readonly #options: SwarmStoreOptions;
  readonly #tickMs: number;
  /** By info hash, one character a byte. */
  readonly #swarms = new Map<string, Swarm>();
  readonly #ipv4Key = new Uint8Array(ipv4Stride);
  readonly #ipv6Key = new Uint8Array(ipv6Stride);
  readonly #ipv4Picked = new Uint8Array(maxPickedPeers * ipv4Stride);
  readonly #ipv6Picked = new Uint8Array(maxPickedPeers * ipv6Stride);
  #sweep: Iterator<[string, Swarm]> | undefined;

  constructor(options: SwarmStoreOptions) {
    this.#options = options;
    this.#tickMs = options.peerLifeMs / ticksPerLife;
  }

  announce(announce: StoreAnnounce): StoreAnswer | StoreRefusal {
    const hash = keyOf(announce.infoHash);
    const swarm = this.#swarms.get(hash);
    if (announce.event === "stopped") {
      if (swarm !== undefined) this.#removePeer(hash, swarm, announce);
      return this.#answer(this.#swarms.get(hash), { ...announce, maxPicked: 0 }, -1);
    }
    if (swarm === undefined && this.#swarms.size >= this.#options.maxTorrents) {
      return { kind: "refusal", reason: "TOO_MANY_TORRENTS" };
    }
    const position = this.#recordPeer(hash, swarm, announce);
    if (position < 0) return { kind: "refusal", reason: "TOO_MANY_PEERS" };
    return this.#answer(this.#swarms.get(hash), announce, position);
  }

  /** Undefined for a torrent that is not known. */
  figures(infoHash: Uint8Array): SwarmFigures | undefined {
    const swarm = this.#swarms.get(keyOf(infoHash));
    if (swarm === undefined) return undefined;
    return { seeders: seedersOf(swarm), leechers: leechersOf(swarm), completed: swarm.completed };
  }

  /** Keeps a torrent's `completed` although it has no peers for a while. */
  pin(infoHash: Uint8Array): void {
    const hash = keyOf(infoHash);
    (this.#swarms.get(hash) ?? this.#addSwarm(hash)).pinned = true;
  }

  unpin(infoHash: Uint8Array): void {
    const hash = keyOf(infoHash);
    const swarm = this.#swarms.get(hash);
    if (swarm === undefined) return;
    swarm.pinned = false;
    this.#dropIfEmpty(hash, swarm);
  }

  /** Removes expired peers from the next `share` (0 to 1) of all torrents; four rounds in a peer's life are due. */
  sweep(share: number): void {
    const tick = this.#tick();
    for (let left = Math.ceil(this.#swarms.size * share); left > 0; left--) {
      this.#sweep ??= this.#swarms.entries();
      const next = this.#sweep.next();
      if (next.done) {
        this.#sweep = undefined;
        return;
      }
      const [hash, swarm] = next.value;
      swarm.ipv4?.expire(tick, ticksPerLife, (role) => this.totals.peers.ipv4[role]--);
      swarm.ipv6?.expire(tick, ticksPerLife, (role) => this.totals.peers.ipv6[role]--);
      this.#dropIfEmpty(hash, swarm);
    }
  }

  /** Notes the peer and returns its position; -1 when there is no room. */
  #recordPeer(hash: string, known: Swarm | undefined, announce: StoreAnnounce): number {
    const role = announce.leftBytes === 0 ? "seeder" : "leecher";
    const family = announce.ip.length === 4 ? "ipv4" : "ipv6";
    const address = this.#addressKey(announce);
    const tick = this.#tick();
    let position = known?.[family]?.find(address) ?? -1;
    if (position < 0 && this.#peerCount() >= this.#options.maxPeers) return -1;

    const swarm = known ?? this.#addSwarm(hash);
    swarm[family] ??= new PeerList(address.length);
    const list = swarm[family];
    const before = position < 0 ? undefined : list.roleAt(position);
    if (announce.event === "completed" && before !== "seeder") swarm.completed++;
    if (before === role) {
      list.touch(position, tick);
      return position;
    }
    const totals = this.totals.peers[family];
    if (before !== undefined) {
      list.removeAt(position);
      totals[before]--;
    }
    position = list.add(address, role, tick);
    totals[role]++;
    return position;
  }

  #removePeer(hash: string, swarm: Swarm, announce: StoreAnnounce): void {
    const family = announce.ip.length === 4 ? "ipv4" : "ipv6";
    const list = swarm[family];
    const position = list?.find(this.#addressKey(announce)) ?? -1;
    if (list === undefined || position < 0) return;
    this.totals.peers[family][list.roleAt(position)]--;
    list.removeAt(position);
    this.#dropIfEmpty(hash, swarm);
  }

  #answer(swarm: Swarm | undefined, announce: StoreAnnounce, position: number): StoreAnswer {
    const { maxPicked, bothFamilies } = announce;
    const isIpv4 = announce.ip.length === 4;
    const leechersOnly = announce.leftBytes === 0;
    let ipv4 = 0;
    let ipv6 = 0;
    if (isIpv4) ipv4 = this.#pick(swarm?.ipv4, maxPicked, leechersOnly, position, this.#ipv4Picked);
    if (!isIpv4 || bothFamilies) {
      ipv6 = this.#pick(
        swarm?.ipv6,
        maxPicked - ipv4,
        leechersOnly,
        isIpv4 ? -1 : position,
        this.#ipv6Picked,
      );
    }
    if (!isIpv4 && bothFamilies) {
      ipv4 = this.#pick(swarm?.ipv4, maxPicked - ipv6, leechersOnly, -1, this.#ipv4Picked);
    }
    return {
      kind: "answer",
      seeders: seedersOf(swarm),
      leechers: leechersOf(swarm),
      ipv4: this.#ipv4Picked.subarray(0, ipv4 * ipv4Stride),
      ipv6: this.#ipv6Picked.subarray(0, ipv6 * ipv6Stride),
    };
  }

  #pick(
    list: PeerList | undefined,
    maxPicked: number,
    leechersOnly: boolean,
    except: number,
    target: Uint8Array,
  ): number {
    if (list === undefined) return 0;
    return list.pick(
      Math.min(maxPicked, maxPickedPeers),
      leechersOnly,
      except,
      this.#options.randomUint32,
      target,
    );
  }

  #addSwarm(hash: string): Swarm {
    const swarm: Swarm = { ipv4: undefined, ipv6: undefined, completed: 0, pinned: false };
    this.#swarms.set(hash, swarm);
    this.totals.torrents = this.#swarms.size;
    return swarm;
  }

  #dropIfEmpty(hash: string, swarm: Swarm): void {
    if (swarm.pinned || seedersOf(swarm) + leechersOf(swarm) > 0) return;
    this.#swarms.delete(hash);
    this.totals.torrents = this.#swarms.size;
  }

  #addressKey({ ip, port }: StoreAnnounce): Uint8Array {
    const key = ip.length === 4 ? this.#ipv4Key : this.#ipv6Key;
    key.set(ip);
    key[key.length - 2] = port >> 8;
    key[key.length - 1] = port & 0xff;
    return key;
  }

  #peerCount(): number {
    const { ipv4, ipv6 } = this.totals.peers;
    return ipv4.seeder + ipv4.leecher + ipv6.seeder + ipv6.leecher;
  }

  #tick(): number {
    return Math.floor(this.#options.nowMs() / this.#tickMs) & 0xffff;
  }
}

function keyOf(infoHash: Uint8Array): string {
  return Buffer.from(infoHash.buffer, infoHash.byteOffset, infoHash.byteLength).toString("latin1");
}

function seedersOf(swarm: Swarm | undefined): number {
  return (swarm?.ipv4?.seeders ?? 0) + (swarm?.ipv6?.seeders ?? 0);
}

function leechersOf(swarm: Swarm | undefined): number {
  return (swarm?.ipv4?.leechers ?? 0) + (swarm?.ipv6?.leechers ?? 0);
}
