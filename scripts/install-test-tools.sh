#!/usr/bin/env bash
# Installs what the end-to-end tests and `npm run bench` need besides Node and Docker (Debian and its relatives).
# Does nothing when all of it is there. Run as root, or as a user who may use sudo.
set -euo pipefail

packages=(
  aria2 transmission-daemon python3-libtorrent opentracker # other people's peers and trackers
  mktorrent                                                # torrents that we did not make ourselves
  iproute2 ethtool util-linux iputils-ping                 # network namespaces and shaped links
  debootstrap                                              # base images where there is no registry
  kubernetes-client                                        # rendered manifests
  gcc libc6-dev                                            # the load generator of `bench tracker`
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)

# The daemons among them must not start as services of this machine: tests run them by themselves.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod +x "$policy"
fi

echo "installing ${missing[*]}"
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
