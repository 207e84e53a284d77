#!/usr/bin/env bash
# Ends the cluster that start.sh started, however far it came, and removes all of it but its logs (DIR/logs, which the
# next start removes). Run as root.
#
#   stop.sh [--state DIR]      DIR as it was given to start.sh
set -euo pipefail
here=$(dirname "$0")
# shellcheck source-path=SCRIPTDIR source=../docker-host/engine.sh
. "$here/../docker-host/engine.sh"
# shellcheck source-path=SCRIPTDIR source=cluster.sh
. "$here/cluster.sh"
# shellcheck source-path=SCRIPTDIR source=remove.sh
. "$here/remove.sh"

use_state "$@"
[ ${#arguments[@]} -eq 0 ] || fail "unknown argument ${arguments[0]} (usage: stop.sh [--state DIR])"
[ "$(id -u)" -eq 0 ] || fail "stopping a Kubernetes node needs root (try: sudo $0)"
lock_clusters
if ! is_cluster; then
  echo "no cluster of start.sh is there, nothing to stop"
  exit
fi
remove_cluster
echo "the cluster is removed"
