#!/usr/bin/env bash
# Makes what start.sh needs on Debian and its relatives, from the host's own package mirror: installs etcd, dnsmasq and
# tools, and builds Kubernetes from Debian's source package into a cache folder. The build takes 3 to 7 minutes on two
# cores, once: it is skipped when the cache has it, and goes on where it was when it was interrupted.
# Run as root, or as a user who may use sudo.
#
#   build.sh      the cache is $SWARMLAB_CACHE, ~/.cache/swarmlab by default; 250 MB stay there, 2 GB are needed meanwhile
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source-path=SCRIPTDIR source=../docker-host/engine.sh
. ../docker-host/engine.sh
# shellcheck source-path=SCRIPTDIR source=../docker-host/debian-sources.sh
. ../docker-host/debian-sources.sh
# shellcheck source-path=SCRIPTDIR source=cluster.sh
. ./cluster.sh

donor=bookworm # the last release of Debian whose Kubernetes drives the Docker Engine directly
programs=(kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy)
run_packages=(etcd-server dnsmasq-base jq socat conntrack iptables iproute2 openssl procps util-linux)
build_packages=(golang-go gcc libc6-dev)

say() {
  echo "$(basename "$0"): $*"
}

# fetch_source FOLDER: downloads the source package, through an apt state of its own; apt checks the signatures.
fetch_source() {
  local folder=$1 options
  mkdir -p "$folder/apt"/{lists,cache/archives}/partial
  debian_sources "$donor" | sed 's/^deb /deb-src /' >"$folder/apt/sources.list"
  [ -s "$folder/apt/sources.list" ] || fail "found no mirror of Debian in the apt sources of this host"
  options=(
    -o "Dir::Etc::sourcelist=$folder/apt/sources.list" -o Dir::Etc::sourceparts=-
    -o "Dir::State::Lists=$folder/apt/lists" -o "Dir::Cache=$folder/apt/cache" -o "APT::Sandbox::User=$(id -un)"
  )
  apt-get -qq "${options[@]}" update || fail "apt could not read the sources of Debian $donor"
  (cd "$folder" && apt-get -qq "${options[@]}" source --download-only kubernetes) ||
    fail "apt could not fetch the source package kubernetes of Debian $donor"
}

unpack_source() {
  local archives=("$1"/kubernetes_*"$kubernetes_version.orig.tar.gz")
  [ -e "${archives[0]}" ] || fail "the source package of Debian $donor is not of Kubernetes $kubernetes_version"
  mkdir -p "$2.partial"
  tar -xzf "${archives[0]}" -C "$2.partial" --strip-components=1
  # This kubelet looks once a minute for what dead pods leave, and every 10 s whether a deleted pod may go; a StatefulSet
  # puts no other in its place before. Later versions act at once.
  set_constant "$2.partial/pkg/kubelet/kubelet.go" ContainerGCPeriod 'time.Minute' 'time.Second'
  set_constant "$2.partial/pkg/kubelet/status/status_manager.go" syncPeriod '10 \* time.Second' 'time.Second'
  mv "$2.partial" "$2"
}

# set_constant FILE NAME PATTERN VALUE
set_constant() {
  grep -qx "[[:space:]]*\(const \)\?$2 = $3" "$1" || fail "there is no $2 = $3 in $1"
  sed -i "s/^\([[:space:]]*\(const \)\?$2\) = $3\$/\1 = $4/" "$1"
}

# The source package lacks one generated file: the schemas that the API server checks objects by.
generate_schemas() {
  local folder=pkg/generated/openapi name=zz_generated.openapi inputs
  [ ! -e "$work/schemas" ] || return 0
  inputs=$(
    grep -Rl --include='*.go' '+k8s:openapi-gen=' pkg vendor/k8s.io |
      grep -vE '^vendor/k8s.io/(code-generator|gengo|kube-openapi|sample-apiserver)/' |
      xargs -n 1 dirname | sort -u | sed 's#^#k8s.io/kubernetes/#' | paste -s -d ,
  )
  go run ./vendor/k8s.io/kube-openapi/cmd/openapi-gen --logtostderr --input-dirs "$inputs" \
    --output-package "k8s.io/kubernetes/$folder" --output-file-base "$name" \
    --go-header-file vendor/k8s.io/code-generator/hack/boilerplate.go.txt --report-filename "$work/violations"
  touch "$work/schemas"
}

# count_packages TOTAL: turns the lines of `go build -v`, one a package, into a line for every tenth of them.
count_packages() {
  local line compiled=0 told=0
  while read -r line; do
    if [[ $line == *[!a-zA-Z0-9._~/-]* ]]; then # no package's name but what is wrong with one
      echo "$line"
      continue
    fi
    compiled=$((compiled + 1))
    if [ $((compiled * 10 / $1)) -gt "$told" ]; then
      told=$((compiled * 10 / $1))
      say "compiled $compiled of $1 packages, $((SECONDS / 60)) min $((SECONDS % 60)) s"
    fi
  done
}

compile() {
  local minor flags=(-s -w) symbol options total
  minor=${kubernetes_version#*.}
  for symbol in gitVersion="v$kubernetes_version" gitMajor="${kubernetes_version%%.*}" gitMinor="${minor%%.*}"; do
    flags+=(-X "k8s.io/kubernetes/vendor/k8s.io/client-go/pkg/version.$symbol")
    flags+=(-X "k8s.io/kubernetes/vendor/k8s.io/component-base/version.$symbol")
  done
  options=(-tags providerless -ldflags "${flags[*]}") # without the clients of the cloud providers
  total=$(go list "${options[@]}" -deps -f '{{if .Stale}}{{.ImportPath}}{{end}}' "${programs[@]/#/./cmd/}" | grep -c .)
  say "compiling Kubernetes $kubernetes_version, $total packages"
  mkdir -p "$work/bin"
  go build -v "${options[@]}" -o "$work/bin/" "${programs[@]/#/./cmd/}" 2>&1 | count_packages "$total"
  gcc -Os -Wall -static -s -DVERSION="$kubernetes_version" -o "$work/bin/pause" build/pause/linux/pause.c
}

command -v apt-get >/dev/null || fail "this host has no apt: use a Kubernetes cluster of another kind, KUBECONFIG tells which"
../install-packages.sh "${run_packages[@]}"
command -v kubectl >/dev/null || ../install-packages.sh kubernetes-client
if [ -e "$programs_folder/pause" ]; then
  say "Kubernetes $kubernetes_version is in $programs_folder, nothing to build"
  exit
fi

../install-packages.sh "${build_packages[@]}"
work=$cache_folder/build
mkdir -p "$work"
work=$(realpath "$work")
exec 9>"$cache_folder/lock"
flock 9 # two at once: the second finds what the first has built
[ ! -e "$programs_folder/pause" ] || exit 0

export GOPATH=$work/go GOCACHE=$work/go-cache GO111MODULE=off GOFLAGS='' CGO_ENABLED=0
source_folder=$GOPATH/src/k8s.io/kubernetes
if [ ! -d "$source_folder" ]; then
  say "fetching the source"
  fetch_source "$work"
  unpack_source "$work" "$source_folder"
fi
cd "$source_folder"
generate_schemas
compile
mv "$work/bin" "$programs_folder"
rm -rf "$work"
say "Kubernetes $kubernetes_version is in $programs_folder, made in $((SECONDS / 60)) min $((SECONDS % 60)) s"
