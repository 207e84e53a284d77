#!/usr/bin/env bash
# Succeeds when the running kernel has netem (sch_netem, built in or as a module that it may load): adds one to the
# loopback device of a network namespace that is gone at once. Needs iproute2, and root or user namespaces.
set -euo pipefail

apart=(unshare --net)
[ "$(id -u)" -eq 0 ] || apart=(unshare --user --map-root-user --net)
"${apart[@]}" tc qdisc add dev lo root netem delay 1ms 2>/dev/null
