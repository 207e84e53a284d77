#!/usr/bin/env bash
# Starts a Docker Engine that outlives this shell, where nothing else does (no systemd, a CI machine, a guest). Leaves
# an engine that already answers alone. stop.sh ends what this started. Run as root.
#
#   start.sh [--state DIR] [--data-root DIR] [--wait SECONDS] [-- OPTIONS OF DOCKERD…]
#
#   --state DIR      a second, private engine: socket DIR/docker.sock, and no networks
#                    (otherwise the usual socket; process id and log in /run/swarmlab-docker)
#   --data-root DIR  where images and containers are kept (default: /var/lib/docker, of a private engine DIR/data)
#   --wait SECONDS   how long it may take to answer (default 120)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=engine.sh
. "$(dirname "$0")/engine.sh"

usage='usage: start.sh [--state DIR] [--data-root DIR] [--wait SECONDS] [-- OPTIONS OF DOCKERD…]'
state=$default_state
private=false
data_root=
apart=()
wait_seconds=120
options=()
while [ $# -gt 0 ]; do
  case $1 in
    --state | --data-root | --wait)
      [ $# -ge 2 ] || fail "$1 needs a value ($usage)"
      case $1 in
        --state) state=$2 private=true ;;
        --data-root) data_root=$2 ;;
        --wait) wait_seconds=$2 ;;
      esac
      shift 2
      ;;
    --)
      shift
      options+=("$@")
      break
      ;;
    *) fail "unknown argument $1 ($usage)" ;;
  esac
done

command -v docker >/dev/null || fail "docker is not installed: run scripts/docker-host/install.sh first"
if [ "$private" = true ]; then
  mkdir -p "$state"
  state=$(realpath "$state")
  socket=$state/docker.sock
  data_root=${data_root:-$state/data}
  options+=(--exec-root "$state/exec" --bridge none --iptables=false)
  apart=(unshare --net) # dockerd without a bridge deletes docker0, which is another engine's
else
  if version=$(engine_version); then
    echo "Docker Engine $version already answers, nothing to start"
    exit
  fi
  socket=/var/run/docker.sock
fi

[ "$(id -u)" -eq 0 ] || fail "starting a Docker Engine needs root (try: sudo $0)"
command -v dockerd >/dev/null || fail "dockerd is not installed: run scripts/docker-host/install.sh first"

[ -z "$data_root" ] || options+=(--data-root "$data_root")

mkdir -p "$state"
exec 9>"$state/lock"
flock 9 # two at once: the second finds the engine of the first
if pid=$(running_engine "$state") && version=$(engine_version "$socket"); then
  echo "Docker Engine $version already answers (process $pid), nothing to start"
  exit
fi

if ! mountpoint -q /sys/fs/cgroup; then
  mount -t cgroup2 cgroup2 /sys/fs/cgroup ||
    fail "no cgroups: nothing is mounted on /sys/fs/cgroup, and cgroup2 cannot be"
fi

# A kernel without NAT for nftables may still have it for the older interface.
works_with_nat() {
  unshare --net "$1" -t nat -A POSTROUTING -s 192.0.2.0/24 -m addrtype --dst-type LOCAL -j MASQUERADE 2>/dev/null
}
if [ "$private" = false ]; then
  if ! works_with_nat iptables; then
    works_with_nat iptables-legacy ||
      fail "neither iptables nor iptables-legacy can do NAT with this kernel, $(uname -r): are its modules loaded?"
    mkdir -p "$state/bin"
    for program in iptables ip6tables; do
      for suffix in '' -save -restore; do
        ln -sf "$(command -v "$program-legacy$suffix")" "$state/bin/$program$suffix"
      done
    done
    export PATH=$state/bin:$PATH
  fi
fi

log=$state/dockerd.log
(
  # Whoever waits for the end of this script's output must not wait for the engine: it inherits no open file.
  for descriptor in /proc/self/fd/*; do
    descriptor=${descriptor##*/}
    [ "$descriptor" -le 2 ] || eval "exec $descriptor>&-"
  done
  exec setsid "${apart[@]}" dockerd --host "unix://$socket" --pidfile "$state/dockerd.pid" "${options[@]}"
) </dev/null >"$log" 2>&1 &
pid=$!
echo "$pid $(start_time "$pid")" >"$state/process"

deadline=$((SECONDS + wait_seconds))
pause_ms=100 # asking costs a slow guest more than the engine has to spare, so ask ever less
until version=$(engine_version "$socket"); do
  if ! running_engine "$state" >/dev/null; then
    tail -n 20 "$log" >&2
    fail "dockerd ended while it started; all of its log: $log"
  fi
  if [ "$SECONDS" -ge "$deadline" ]; then
    tail -n 20 "$log" >&2
    kill "$pid" || true
    fail "dockerd did not answer within $wait_seconds s; all of its log: $log"
  fi
  sleep "$(printf '%d.%03d' $((pause_ms / 1000)) $((pause_ms % 1000)))"
  pause_ms=$((pause_ms < 2000 ? pause_ms * 3 / 2 : pause_ms))
done
echo "Docker Engine $version started (process $pid, socket $socket, log $log)"
