#!/usr/bin/env bash
# Copies images from this host's Docker Engine to the node's, which can get them from nowhere else. A pod finds them
# when its imagePullPolicy is IfNotPresent or Never (for the tag `latest` Kubernetes takes Always unless told).
#
#   load-images.sh [--state DIR] IMAGE…      DIR as it was given to start.sh
set -euo pipefail
here=$(dirname "$0")
# shellcheck source-path=SCRIPTDIR source=../docker-host/engine.sh
. "$here/../docker-host/engine.sh"
# shellcheck source-path=SCRIPTDIR source=cluster.sh
. "$here/cluster.sh"

use_state "$@"
[ ${#arguments[@]} -gt 0 ] || fail "usage: load-images.sh [--state DIR] IMAGE…"
running_node >/dev/null || fail "no cluster with the state folder $state is running"
node_engine=unix://$state/docker.sock

missing=()
for image in "${arguments[@]}"; do
  id=$(docker image inspect --format '{{.Id}}' "$image") || fail "this host's Docker Engine has no image $image"
  there=$(docker --host "$node_engine" image inspect --format '{{.Id}}' "$image" 2>/dev/null || true)
  [ "$id" = "$there" ] || missing+=("$image")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "the node has all of these images"
  exit
fi
docker image save "${missing[@]}" | docker --host "$node_engine" image load
