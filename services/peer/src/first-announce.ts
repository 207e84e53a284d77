import type { TorrentEvent } from "@swarmlab/engine/torrent/torrent-events";

/** Whether a tracker has heard of us yet. */
export class FirstAnnounce {
  /** Resolves when the first announce has been answered or has failed. */
  readonly tried: Promise<void>;
  #hasSucceeded = false;
  #resolve: () => void = () => {};

  constructor() {
    this.tried = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get hasSucceeded(): boolean {
    return this.#hasSucceeded;
  }

  observe({ type }: TorrentEvent): void {
    if (type === "tracker-answered") this.#hasSucceeded = true;
    if (type === "tracker-answered" || type === "tracker-failed") this.#resolve();
  }
}
