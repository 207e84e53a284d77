#!/usr/bin/env bash
# Fills a disk image with what a Docker Engine keeps in its data folder, for docker.sh: exactly the given images, copied
# from the engine of this host by a second, private one. Run as root.
#
#   fill-disk.sh DISK IMAGE…      DISK is made when there is none, else only what changed is copied
set -euo pipefail
here=$(realpath "$(dirname "$0")")
docker_host_scripts=$(realpath "$here/../docker-host")

if [ "${1:-}" != --apart ]; then
  # The mount and the private engine end with this script, whatever happens.
  exec setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child=KILL --mount-proc "$0" --apart "$@"
fi
disk=$2
shift 2

if [ ! -e "$disk" ]; then
  truncate --size 16G "$disk" # takes only what is written to it
  mkfs.ext4 -q -m 0 -O ^has_journal "$disk"
fi

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
mkdir "$work/disk"
mount -o loop,noatime,discard,noinit_itable "$disk" "$work/disk"
"$docker_host_scripts/start.sh" --state "$work/engine" --data-root "$work/disk/docker" >/dev/null
private=(docker --host "unix://$work/engine/docker.sock")

missing=()
for image in "$@"; do
  id=$(docker image inspect --format '{{.Id}}' "$image")
  [ "$("${private[@]}" image inspect --format '{{.Id}}' "$image" 2>/dev/null)" = "$id" ] || missing+=("$image")
done
if [ ${#missing[@]} -gt 0 ]; then
  docker save "${missing[@]}" | "${private[@]}" load >/dev/null
fi

mapfile -t present < <("${private[@]}" image ls --format '{{.Repository}}:{{.Tag}}' | grep -v '<none>')
for name in "${present[@]}"; do
  wanted=false
  for image in "$@"; do
    [ "$name" != "$image" ] && [ "$name" != "$image:latest" ] || wanted=true
  done
  [ "$wanted" = true ] || "${private[@]}" image rm --no-prune "$name" >/dev/null
done
"${private[@]}" image prune --force >/dev/null
"$docker_host_scripts/stop.sh" --state "$work/engine" >/dev/null
umount "$work/disk"
