import { EventEmitter, once } from "node:events";
import { NodeClock } from "@swarmlab/engine/node/node-clock";
import { SystemRandom } from "@swarmlab/engine/random/system-random";
import { TrackerAnnouncer } from "@swarmlab/engine/tracker-client/tracker-announcer";
import { afterEach, describe, expect, it } from "vitest";
import { announceFrom, Workshop } from "./testing/workshop.js";

const workshop = new Workshop();
const { signal } = new AbortController();

afterEach(() => workshop.close());

/** A peer's announcer, and what it says. */
function announcerOf(port: number, ...urls: string[]) {
  const events = new EventEmitter();
  const { infoHash, peerId, uploadedBytes, downloadedBytes, leftBytes } = announceFrom(port);
  const announcer = new TrackerAnnouncer({
    client: workshop.client(),
    clock: new NodeClock(),
    random: new SystemRandom(),
    infoHash,
    peerId,
    tiers: [urls],
    figures: () => ({ uploadedBytes, downloadedBytes, leftBytes, port }),
    times: { minIntervalMs: 20, earlyIntervalMs: 20, firstRetryMs: 20, maxRetryMs: 100 },
    onPeers: (peers) => events.emit("peers", peers),
    onSuccess: (url, success) => events.emit("success", url, success),
    onFailure: (url, error) => events.emit("failure", url, error),
  });
  return { announcer, events };
}

describe("TrackerAnnouncer and the tracker", () => {
  it.each(["http", "udp"] as const)("know each other over %s until the peer stops", async (protocol) => {
    const { httpUrl, udpUrl } = await workshop.tracker();
    const url = `${protocol === "http" ? httpUrl : udpUrl}/announce`;
    const client = workshop.client();
    await client.announce(url, announceFrom(1001), signal);
    const { announcer, events } = announcerOf(1002, url);
    const peers = once(events, "peers");
    announcer.announceNow();
    expect(await peers).toEqual([[{ host: "127.0.0.1", port: 1001 }]]);
    expect((await client.announce(url, announceFrom(1001), signal)).peers).toEqual([
      { host: "127.0.0.1", port: 1002 },
    ]);
    await announcer.close();
    expect((await client.announce(url, announceFrom(1001), signal)).peers).toEqual([]);
  });

  it("find each other again after the tracker was killed and came back", async () => {
    const args = ["--json", "--data", await workshop.directory(), "--interval", "1s"];
    const first = workshop.process(...args, "--listen", "127.0.0.1:0");
    const { http } = await first.ready();
    const { announcer, events } = announcerOf(1001, `${http}/announce`);
    const success = once(events, "success");
    announcer.announceNow();
    await success;
    await first.kill();
    await once(events, "failure");

    const second = workshop.process(...args, "--listen", new URL(http).host);
    await second.ready();
    await once(events, "success");
    const answer = await workshop.client().announce(`${http}/announce`, announceFrom(1002), signal);
    expect(answer.peers).toEqual([{ host: "127.0.0.1", port: 1001 }]);
    await announcer.close();
  });
});
