#!/bin/bash
# healthcheck PORT [PATH]: succeeds when PATH (default: /healthz) answers 200 on this port at one of the container's own
# addresses.
# In bash alone, since a Node process for each look would cost more than the node that is looked at.
port=$1
path=${2:-/healthz}
for address in $(hostname --all-ip-addresses); do
  exec 3<>"/dev/tcp/$address/$port" || continue
  printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$path" >&3
  read -r -t 4 _ status _ <&3
  exec 3>&-
  [ "$status" = 200 ] && exit 0
done 2>/dev/null
exit 1
