#!/usr/bin/env bash
# Installs what the end-to-end tests and `npm run bench` need besides Node and Docker (Debian and its relatives).
# Does nothing when all of it is there. Run as root, or as a user who may use sudo.
set -euo pipefail

packages=(
  aria2 transmission-daemon python3-libtorrent opentracker # other people's peers and trackers
  mktorrent                                                # torrents that we did not make ourselves
  iproute2 ethtool util-linux iputils-ping                 # network namespaces and shaped links
  debootstrap                                              # base images where there is no registry
  gcc libc6-dev                                            # the load generator of `bench tracker`
)

"$(dirname "$0")/install-packages.sh" "${packages[@]}"
