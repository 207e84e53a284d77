# shellcheck shell=bash
# shellcheck disable=SC2154 # what cluster.sh sets
# Sourced by start.sh and stop.sh, after cluster.sh: how a cluster is removed, in whatever state it is.

# lock_clusters: waits until no other script of this folder starts or stops a cluster on this host.
lock_clusters() {
  exec 9>/run/swarmlab-k8s.lock
  flock 9
}

# is_cluster: whether the state folder is one that start.sh made, and was not removed.
is_cluster() {
  [ -e "$state/swarmlab-k8s" ]
}

# remove_cluster: ends the node, and removes all that belongs to it but its logs.
remove_cluster() {
  local process folder
  is_cluster || return 0
  if process=$(running_node); then
    kill -KILL "$process" # the kernel ends all other processes of the node before this one is gone
    await_success 60 eval '! running_node >/dev/null' || fail "the node (process $process) does not end"
  fi
  ip link delete "$host_link" 2>/dev/null || true
  await_success 10 remove_cgroups || echo "$(basename "$0"): cgroups named $cgroup are still in use" >&2
  [ ! -e "$state/kernel-settings" ] || sysctl --quiet --load "$state/kernel-settings"
  if [ -e "$state/made-folders" ]; then
    while read -r folder; do
      rmdir "$folder" 2>/dev/null || true
    done <"$state/made-folders"
  fi
  find "$state" -mindepth 1 -maxdepth 1 ! -name logs ! -name swarmlab-k8s -exec rm -rf {} +
  rm "$state/swarmlab-k8s" # the last: without it nothing here is touched
}

remove_cgroups() {
  local folder
  for folder in "/sys/fs/cgroup/$cgroup" /sys/fs/cgroup/*/"$cgroup"; do
    [ ! -d "$folder" ] || find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null || return 1
  done
}

# await_success SECONDS COMMAND…: repeats the command until it succeeds, fails when it does not within that time.
await_success() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}
