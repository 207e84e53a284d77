#!/usr/bin/env bash
# Installs the Docker Engine, Compose v2 and buildx on Debian and its relatives, from the host's own package mirror.
# Does nothing when all of it is there. Run as root, or as a user who may use sudo.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=engine.sh
. "$(dirname "$0")/engine.sh"

plugin_folder=/usr/local/lib/docker/cli-plugins # one that every docker client looks into, for all users
donor=trixie                                    # the first release of Debian that packages the plugins

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)

updated=false
update_once() {
  [ "$updated" = true ] || "${as_root[@]}" apt-get update -q
  updated=true
}

install_packages() {
  update_once
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    -o DPkg::Lock::Timeout=120 "$@"
}

# candidate PACKAGE: the version that apt would install, nothing when there is none.
candidate() {
  apt-cache policy "$1" | sed -n 's/^ *Candidate: *//p' | grep -vx '(none)' || true
}

install_engine() {
  # A host may have the engine from somewhere else (docker-ce); only what is missing is added.
  local packages=()
  command -v dockerd >/dev/null || packages+=(docker.io)
  command -v iptables >/dev/null || packages+=(iptables)
  command -v ip >/dev/null || packages+=(iproute2)
  command -v modprobe >/dev/null || packages+=(kmod)
  if ! command -v docker >/dev/null; then
    update_once
    [ -z "$(candidate docker-cli)" ] || packages+=(docker-cli)
  fi
  [ ${#packages[@]} -eq 0 ] || install_packages "${packages[@]}"
}

# The plugins of a later Debian run here too: they need no newer C library than 2.34.
install_plugins_of_donor() {
  local folder
  folder=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder as it is now
  trap "rm -rf '$folder'" EXIT
  "$(dirname "$0")/unpack-packages.sh" "$donor" "$folder" docker-compose docker-buildx
  "${as_root[@]}" install -D -m 755 -t "$plugin_folder" "$folder"/usr/libexec/docker/cli-plugins/*
}

has_plugins() {
  docker compose version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1
}

install_plugins() {
  update_once
  local compose
  for compose in docker-compose-v2 docker-compose; do
    case $(candidate "$compose") in
      2.*) install_packages "$compose" docker-buildx && return ;;
    esac
  done
  install_plugins_of_donor
}

command -v apt-get >/dev/null ||
  fail "this host has no apt: install Docker Engine with Compose v2 as your system's manual says"
install_engine
has_plugins || install_plugins
has_plugins || fail "docker does not find its plugins compose and buildx"
echo "$(dockerd --version), Compose $(docker compose version --short), $(docker buildx version)"
