#!/usr/bin/env bash
# Runs a command with a Docker Engine whose containers can have netem, and gives its exit code back:
#
#   docker.sh [--memory 4G] [--timeout 20m] [--image IMAGE]… COMMAND…
#
# Where the running kernel has netem, that is the engine of this host, and the command just runs. Elsewhere it is an
# engine in the guest of run.sh, which tells what holds there. It has the images named, copied from the engine of this
# host, and nothing else: no other images, no network to the outside. What the guest does to its engine is thrown away.
# Copies are kept in .cache/netem-guest, and brought up to date when an image has changed. Needs root.
set -euo pipefail
here=$(realpath "$(dirname "$0")")

fail() {
  echo "docker.sh: $*" >&2
  exit 125
}

usage='usage: docker.sh [--memory 4G] [--timeout 20m] [--image IMAGE]… COMMAND…'
memory=4G
limit=20m
images=()
while [ $# -gt 0 ]; do
  case $1 in
    --memory | --timeout | --image)
      [ $# -ge 2 ] || fail "$1 needs a value ($usage)"
      case $1 in
        --memory) memory=$2 ;;
        --timeout) limit=$2 ;;
        --image) images+=("$2") ;;
      esac
      shift 2
      ;;
    --)
      shift
      break
      ;;
    -*) fail "unknown option $1 ($usage)" ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || fail "$usage"

docker version >/dev/null 2>&1 || fail "no Docker Engine answers: start one with scripts/docker-host/start.sh"
wanted=$(dockerd --version)
for image in "${images[@]}"; do
  id=$(docker image inspect --format '{{.Id}}' "$image" 2>/dev/null) ||
    fail "the engine of this host has no image $image"
  wanted+=$'\n'"$image $id"
done

if "$here/kernel-has-netem.sh"; then
  exec "$here/run.sh" --timeout "$limit" "$@"
fi
[ "$(id -u)" -eq 0 ] || fail "making a disk for the guest's engine needs root (try: sudo $0)"

cache=$here/../../.cache/netem-guest
mkdir -p "$cache"
cache=$(realpath "$cache")
disk=$cache/engine.img
contents=$cache/engine.contents # of the disk; missing while it is filled

is_filled() {
  [ -e "$disk" ] && [ -e "$contents" ] && [ "$(cat "$contents")" = "$wanted" ]
}

# Guests share the lock, which keeps others from filling the disk anew under them.
exec 9>"$cache/lock"
flock --shared 9
until is_filled; do
  flock --exclusive --nonblock 9 || {
    echo "docker.sh: waiting for another guest to end, which has other images" >&2
    flock --exclusive 9
  }
  if ! is_filled; then
    [ -e "$contents" ] || rm -f "$disk" # left half filled
    rm -f "$contents"
    "$here/fill-disk.sh" "$disk" "${images[@]}" || fail "could not fill $disk"
    echo "$wanted" >"$contents"
  fi
  flock --shared 9
done

"$here/run.sh" --memory "$memory" --timeout "$limit" --disk "$disk" "$here/with-engine.sh" "$@"
