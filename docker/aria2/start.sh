#!/bin/sh
# Waits for this container's link and for the torrent, then fetches and seeds it.
set -eu

while [ "$(curl --silent --output /tmp/link --write-out '%{http_code}' "$AGENT/api/self/link?wait=25")" != 200 ]; do
  sleep 1
done
echo "link in place: $(cat /tmp/link)"

hash=
while [ -z "$hash" ]; do
  hash=$(curl --silent --fail "$TRACKER/api/torrents?name=$TORRENT" | grep --only-matching --extended-regexp '[0-9a-f]{40}' | head -n 1) || true
  [ -n "$hash" ] || sleep 1
done

exec aria2c --dir=/data --seed-ratio=0 --listen-port=6881 \
  --enable-dht=false --enable-dht6=false --bt-enable-lpd=false --bt-max-peers=100 --file-allocation=none \
  --summary-interval=10 --show-console-readout=false "$TRACKER/api/torrents/$hash.torrent"
