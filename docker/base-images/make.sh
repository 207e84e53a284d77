#!/usr/bin/env bash
# Makes stand-ins for the base images of this repository on a host that reaches package mirrors but no container
# registry. README.md beside this tells what is in them. An image that the engine already has is left as it is.
#
#   make.sh [--pull] [IMAGE…]      all images unless some are named
#
#   --pull    asks the registry first, and makes a stand-in only of what it does not give
#
# Needs root, debootstrap, npm, a running Docker Engine (scripts/docker-host/), and a Debian host.
set -euo pipefail

folder=$(realpath "$(dirname "$0")")
docker_host_scripts=$(realpath "$folder/../../scripts/docker-host")
# shellcheck source-path=SCRIPTDIR source=../../scripts/docker-host/debian-sources.sh
. "$docker_host_scripts/debian-sources.sh"

debian_release=bookworm
prometheus_release=trixie # the first one whose package is of the same 2.53 series
debian_image=debian:bookworm-slim
node_image=node:24-bookworm-slim
prometheus_image=prom/prometheus:v2.53.2
label=swarmlab.stand-in=true

# A package manager in the stand-in has to trust whom this host trusts.
authorities=/etc/ssl/certs/ca-certificates.crt
own_authorities=/usr/local/share/ca-certificates

fail() {
  echo "make.sh: $*" >&2
  exit 1
}

has_image() {
  docker image inspect "$1" >/dev/null 2>&1
}

# quietly COMMAND…: shows what the command said only when it fails.
quietly() {
  local output
  output=$("$@" 2>&1) || {
    echo "$output" >&2
    fail "failed: $*"
  }
}

make_debian() {
  local root=$work/debian sources mirror
  command -v debootstrap >/dev/null || fail "debootstrap is not installed (apt-get install debootstrap)"
  sources=$(debian_sources "$debian_release")
  # The mirror of the release itself; without one debootstrap knows its own.
  mirror=$(sed -nE "s/^deb (\[[^]]*\] )?([^ ]+) $debian_release main\$/\2/p" <<<"$sources" | head -n 1)
  quietly debootstrap --variant=minbase "$debian_release" "$root" ${mirror:+"$mirror"}

  # Sources and transport settings of this host's apt; a key ring is a path of this host, and Debian has its own.
  if [ -n "$sources" ]; then
    sed -E 's/^deb \[[^]]*\] /deb /' <<<"$sources" >"$root/etc/apt/sources.list"
  fi
  apt-config dump | grep -E '^Acquire::(http|https|Check|Retries)' >"$root/etc/apt/apt.conf.d/50host" || true
  if [ -e "$authorities" ]; then
    install -D -m 644 "$authorities" "$root$authorities"
  fi
  if compgen -G "$own_authorities/*.crt" >/dev/null; then
    install -D -m 644 -t "$root$own_authorities" "$own_authorities"/*.crt
  fi

  # Slim: nothing to read, and no package lists.
  cat >"$root/etc/dpkg/dpkg.cfg.d/slim" <<'END'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
END
  find "$root/usr/share/doc" -type f ! -name copyright -delete
  find "$root/usr/share/doc" -empty -delete
  rm -rf "$root"/usr/share/{info,locale,man}/* "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin \
    "$root"/var/cache/apt/archives/*.deb "$root"/var/log/*.log
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # no services start while packages are installed
  chmod +x "$root/usr/sbin/policy-rc.d"
  echo 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };' \
    >"$root/etc/apt/apt.conf.d/60clean"
  : >"$root/etc/resolv.conf"
  rm -f "$root/etc/hostname"

  tar --create --directory "$root" --numeric-owner . |
    docker import --change 'CMD ["bash"]' --change "LABEL $label" - "$debian_image" >/dev/null
}

make_node() {
  local context=$work/node modules=$work/npm-packages/node_modules package key value
  command -v npm >/dev/null || fail "npm is not installed"
  package=node-linux-$(node --print process.arch)
  mkdir -p "$work/npm-packages" "$context/local/bin" "$context/local/lib/node_modules" "$context/local/etc"
  quietly npm install --prefix "$work/npm-packages" --ignore-scripts --no-audit --no-fund "$package@24" npm@11
  cp "$modules/$package/bin/node" "$context/local/bin/"
  cp -R "$modules/npm" "$context/local/lib/node_modules/"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$context/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$context/local/bin/npx"
  # Where this host gets its packages from. Credentials are never put into an image.
  for key in registry proxy https-proxy noproxy strict-ssl; do
    value=$(cd / && npm config get "$key" 2>/dev/null)
    case $value in
      null | undefined | '') ;;
      *) echo "$key=$value" >>"$context/local/etc/npmrc" ;;
    esac
  done
  quietly docker build --tag "$node_image" --label "$label" --build-arg "AUTHORITIES=$authorities" \
    --file "$folder/node.Dockerfile" "$context"
}

make_prometheus() {
  local context=$work/prometheus
  "$docker_host_scripts/unpack-packages.sh" "$prometheus_release" "$context/packages" prometheus promtool
  "$docker_host_scripts/unpack-packages.sh" "$debian_release" "$context/packages" busybox
  cp "$folder/prometheus.yml" "$context/"
  quietly docker build --tag "$prometheus_image" --label "$label" --file "$folder/prometheus.Dockerfile" "$context"
}

# provide IMAGE MAKE: the image is there afterwards, from the engine, the registry or by MAKE.
provide() {
  local image=$1 make=$2 started=$SECONDS
  if has_image "$image"; then
    echo "$image: already there"
  elif [ "$pull" = true ] && docker pull --quiet "$image" >/dev/null 2>&1; then
    echo "$image: pulled"
  else
    echo "$image: making a stand-in"
    "$make"
    echo "$image: made in $((SECONDS - started)) s"
  fi
}

pull=false
images=()
for argument in "$@"; do
  case $argument in
    --pull) pull=true ;;
    "$debian_image" | "$node_image" | "$prometheus_image") images+=("$argument") ;;
    *)
      fail "unknown argument $argument (usage: make.sh [--pull] [IMAGE…];" \
        "images: $debian_image $node_image $prometheus_image)"
      ;;
  esac
done
[ ${#images[@]} -gt 0 ] || images=("$debian_image" "$node_image" "$prometheus_image")

docker version >/dev/null 2>&1 || fail "no Docker Engine answers: start one with scripts/docker-host/start.sh"
[ "$(id -u)" -eq 0 ] || fail "making a root file system needs root (try: sudo $0)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

needs_debian=false
for image in "${images[@]}"; do
  has_image "$image" || needs_debian=true # which the others are built from
done
[ "$needs_debian" = false ] || provide "$debian_image" make_debian
for image in "${images[@]}"; do
  case $image in
    "$node_image") provide "$image" make_node ;;
    "$prometheus_image") provide "$image" make_prometheus ;;
    "$debian_image") [ "$needs_debian" = true ] || provide "$image" make_debian ;;
  esac
done
