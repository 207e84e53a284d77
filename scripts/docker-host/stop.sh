#!/usr/bin/env bash
# Ends the Docker Engine that start.sh started, with its containers, and no other. Images and volumes stay.
#
#   stop.sh [--state DIR]      DIR as it was given to start.sh
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=engine.sh
. "$(dirname "$0")/engine.sh"

state=$default_state
case $# in
  0) ;;
  2) [ "$1" = --state ] || fail "unknown argument $1 (usage: stop.sh [--state DIR])" && state=$2 ;;
  *) fail "usage: stop.sh [--state DIR]" ;;
esac

if ! pid=$(running_engine "$state"); then
  echo "no Docker Engine of start.sh is running, nothing to stop"
  exit
fi
kill "$pid" || fail "may not end process $pid (try: sudo $0)"

deadline=$((SECONDS + 60)) # dockerd gives its containers 15 s
while running_engine "$state" >/dev/null; do
  [ "$SECONDS" -lt "$deadline" ] || fail "dockerd (process $pid) is still there after 60 s; its log: $state/dockerd.log"
  sleep 0.1
done
rm -f "$state/process"
echo "Docker Engine stopped"
