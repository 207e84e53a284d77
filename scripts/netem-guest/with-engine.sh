#!/usr/bin/env bash
# In the guest of run.sh: starts a Docker Engine on the disk that fill-disk.sh filled, and runs a command with it. The
# engine ends with the guest.
set -euo pipefail
here=$(realpath "$(dirname "$0")")
disk=/run/engine-disk

mkdir -p "$disk"
mount -o noatime /dev/ubdb "$disk"
"$here/../docker-host/start.sh" --data-root "$disk/docker" --wait 300 >&2
export DOCKER_HOST=unix:///var/run/docker.sock
exec "$@"
