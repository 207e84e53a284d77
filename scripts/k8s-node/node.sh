#!/usr/bin/env bash
# The node's first process. start.sh runs it in new namespaces for processes, mounts and network; when it ends, the
# kernel ends all that runs on the node, and clears away its mounts and network.
#
#   node.sh STATE FOLDER…      each FOLDER is one that Kubernetes insists on; on the node it is one below STATE
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../docker-host/engine.sh
. "$(dirname "$0")/../docker-host/engine.sh"

state=$1
shift

# /proc is still the host's: the process id that the host knows this process by.
read -r pid _ </proc/self/stat
echo "$pid $(start_time "$pid")" >"$state/process.new"
mount -t proc proc /proc

# Copies of the mounts of other engines would keep alive here what is removed there.
while read -r _ folder type _; do
  case $type in
    nsfs | overlay) [ "$folder" = / ] || umount --lazy "$folder" 2>/dev/null || true ;;
  esac
done <<<"$(tac /proc/self/mounts)"

for folder in "$@"; do
  mkdir -p "$state/folders$folder"
  mount --bind "$state/folders$folder" "$folder"
done
mkdir -p "$state/etcd"
mount -t tmpfs tmpfs "$state/etcd" # a cluster that does not outlive its node need not wait for the disk
ip link set lo up

mv "$state/process.new" "$state/process"
while :; do
  sleep infinity # and collect what ends without a parent
done
