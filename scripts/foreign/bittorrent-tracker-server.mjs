// npm's `bittorrent-tracker` as a server on 127.0.0.1, its swarms filled before it listens: over the network that would
// take an hour. Started as
//   node bittorrent-tracker-server.mjs PACKAGE_FOLDER INFO_HASHES_FILE PEERS_PER_SWARM FIRST_PORT
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [packageFolder = "", hashesFile = "", peers = "0", firstPort = "0"] = process.argv.slice(2);
// Not the index: that loads the client too, whose WebRTC needs a native build.
const { default: Server } = await import(pathToFileURL(`${packageFolder}/server.js`).href);
const server = new Server({ http: true, udp: true, ws: false, stats: false });
server.on("error", fail);

for (const infoHash of readFileSync(hashesFile, "latin1").trim().split("\n")) fill(infoHash);
server.listen(0, { http: "127.0.0.1", udp: "127.0.0.1", udp6: "::1" }, () => {
  const http = `http://127.0.0.1:${server.http.address().port}`;
  const udp = `udp://127.0.0.1:${server.udp.address().port}`;
  console.log(JSON.stringify({ event: "ready", http, udp }));
});
process.once("SIGTERM", () => process.exit(0));

function fill(infoHash) {
  server.createSwarm(infoHash, (error, swarm) => {
    if (error) fail(error);
    for (let peer = 0; peer < Number(peers); peer++) {
      const port = Number(firstPort) + peer;
      const peerId = Buffer.from(`-SL0000-000000${peer.toString(16).padStart(6, "0")}`).toString("hex");
      const addr = `127.0.0.1:${port}`;
      const request = {
        type: "udp",
        event: "started",
        left: 1,
        numwant: 0,
        peer_id: peerId,
        ip: "127.0.0.1",
        port,
        addr,
      };
      swarm.announce(request, (refused) => refused && fail(refused));
    }
  });
}

function fail(error) {
  console.error(error);
  process.exit(1);
}
