#!/usr/bin/env bash
# Unpacks packages of any release of Debian into a folder, and installs nothing: the packages come from the mirror of
# this host, through an apt state of their own, so that the host never upgrades anything to that release.
#
#   unpack-packages.sh RELEASE FOLDER PACKAGE…      for example: unpack-packages.sh trixie /opt/tools docker-buildx
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=engine.sh
. "$(dirname "$0")/engine.sh"
# shellcheck source-path=SCRIPTDIR source=debian-sources.sh
. "$(dirname "$0")/debian-sources.sh"

[ $# -ge 3 ] || fail "usage: unpack-packages.sh RELEASE FOLDER PACKAGE…"
release=$1
mkdir -p "$2"
folder=$(realpath "$2")
shift 2

sources=$(debian_sources "$release" | grep -E "^deb (\[[^]]*\] )?[^ ]+ $release main$") ||
  fail "found no mirror of Debian in the apt sources of this host"

state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
mkdir -p "$state"/{lists,cache/archives}/partial "$state/packages"
echo "$sources" >"$state/sources.list"
options=(
  -o "Dir::Etc::sourcelist=$state/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::Lists=$state/lists"
  -o "Dir::Cache=$state/cache" -o "APT::Sandbox::User=$(id -un)"
)
apt-get -qq "${options[@]}" update || fail "apt could not read Debian $release"
(cd "$state/packages" && apt-get -qq "${options[@]}" download "$@") || fail "apt could not fetch $* of Debian $release"
for package in "$state"/packages/*.deb; do
  dpkg -x "$package" "$folder"
done
