#!/usr/bin/env bash
# The container runtime of the node: runc, after raising a negative OOM score adjustment to 0. The kubelet asks for -998
# for every pod's first process; a host without CAP_SYS_RESOURCE may not lower a score, and runc then fails to start
# anything ("can't get final child's PID from pipe").
set -euo pipefail

bundle=$PWD
previous=
for argument in "$@"; do
  case $argument in
    --bundle=*) bundle=${argument#*=} ;;
    *) [ "$previous" != --bundle ] || bundle=$argument ;;
  esac
  previous=$argument
done

config=$bundle/config.json
if [[ " $* " == *" create "* ]] && jq --exit-status '.process.oomScoreAdj < 0' "$config" >/dev/null; then
  jq '.process.oomScoreAdj = 0' "$config" >"$config.new"
  mv "$config.new" "$config"
fi
exec runc "$@"
