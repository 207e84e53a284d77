#!/usr/bin/env bash
# Starts a Kubernetes cluster of one node on this host, without a container registry: etcd, API server, controllers,
# scheduler, a Docker Engine of its own, kubelet, kube-proxy, DNS. It outlives this shell; stop.sh ends it. Leaves a
# cluster that runs alone. Run build.sh before, and this as root.
#
#   start.sh [--state DIR]      DIR (default /var/lib/swarmlab-k8s) holds all that the cluster writes; logs in DIR/logs
#
# Prints what it does to the error output, and one line to the output: KUBECONFIG=DIR/admin.kubeconfig
set -euo pipefail
here=$(realpath "$(dirname "$0")")
# shellcheck source-path=SCRIPTDIR source=../docker-host/engine.sh
. "$here/../docker-host/engine.sh"
# shellcheck source-path=SCRIPTDIR source=cluster.sh
. "$here/cluster.sh"
# shellcheck source-path=SCRIPTDIR source=remove.sh
. "$here/remove.sh"
# shellcheck source-path=SCRIPTDIR source=certificates.sh
. "$here/certificates.sh"

use_state "$@"
[ ${#arguments[@]} -eq 0 ] || fail "unknown argument ${arguments[0]} (usage: start.sh [--state DIR])"
[ "$(id -u)" -eq 0 ] || fail "starting a Kubernetes node needs root (try: sudo $0)"
for program in dockerd runc kubectl etcd dnsmasq jq conntrack iptables ip openssl unshare nsenter; do
  command -v "$program" >/dev/null ||
    fail "$program is missing: run scripts/docker-host/install.sh and scripts/k8s-node/build.sh first"
done
[ -x "$programs_folder/pause" ] || fail "Kubernetes is not in $programs_folder: run scripts/k8s-node/build.sh first"

say() {
  echo "$(basename "$0"): $*" >&2
}

as_admin() {
  kubectl --kubeconfig "$state/admin.kubeconfig" --cache-dir "$state/kubectl-cache" --request-timeout 5s "$@"
}

lock_clusters # two at once: the second finds the cluster of the first
if running_node >/dev/null; then
  as_admin get --raw /readyz >/dev/null ||
    fail "the node runs, but its API server does not answer: run stop.sh and start again; logs: $state/logs"
  say "the cluster runs already, nothing to start"
  echo "KUBECONFIG=$state/admin.kubeconfig"
  exit
fi
remove_cluster # whatever is left of one that was not stopped
if ip link show "$host_link" >/dev/null 2>&1; then
  fail "there is a link $host_link already: of a cluster with another state folder?"
fi
mkdir -p "$state"
[ ! -e "$state/logs/node.log" ] || rm -rf "$state/logs" # of the cluster before
[ -z "$(ls -A "$state")" ] || fail "$state holds something else: name another folder with --state"
chmod 700 "$state"
touch "$state/swarmlab-k8s"
mkdir "$state"/{logs,certificates,volume-plugins}

declare -A process_of=()

# give_up COMPONENT WHAT: shows why; what was started is ended on exit.
give_up() {
  {
    echo "--- the end of $state/logs/$1.log:"
    tail -n 20 "$state/logs/$1.log"
    echo "---"
  } >&2
  fail "$1 $2"
}

end_unless_ready() {
  [ "$ready" = false ] || return 0
  [ -z "${process_of[node]:-}" ] || kill -KILL "${process_of[node]}" 2>/dev/null || true
  remove_cluster
}
ready=false
trap end_unless_ready EXIT

# detached COMPONENT COMMAND…: starts what outlives this shell. It holds none of this shell's files open, so that whoever
# waits for the end of this script's output need not wait for it.
detached() {
  local component=$1
  shift
  (
    for descriptor in /proc/self/fd/*; do
      descriptor=${descriptor##*/}
      [ "$descriptor" -le 2 ] || eval "exec $descriptor>&-"
    done
    exec setsid "$@"
  ) </dev/null >"$state/logs/$component.log" 2>&1 &
  process_of[$component]=$!
  disown
}

on_node() {
  nsenter --target "$node_process" --mount --net --pid -- "$@"
}

# component NAME COMMAND…: starts a part of the cluster on the node.
component() {
  local name=$1
  shift
  detached "$name" nsenter --target "$node_process" --mount --net --pid -- \
    env --ignore-environment "PATH=$programs_folder:$PATH" "HOME=$state" "KUBECONFIG=$state/admin.kubeconfig" "$@"
}

# await COMPONENT SECONDS COMMAND…: returns when the command succeeds, and gives up when the component ends before.
await() {
  local name=$1 seconds=$2 deadline answer
  shift 2
  deadline=$((SECONDS + seconds))
  until answer=$("$@" 2>&1); do
    kill -0 "${process_of[$name]}" 2>/dev/null || give_up "$name" "ended while it started"
    [ "$SECONDS" -lt "$deadline" ] || give_up "$name" "was not ready within $seconds s: ${answer:-no answer}"
    sleep 0.2
  done
}

start_node() {
  local folder
  for folder in "${node_folders[@]}"; do
    [ -d "$folder" ] || echo "$folder" >>"$state/made-folders"
    mkdir -p "$folder"
  done
  sysctl "${kernel_settings[@]}" >"$state/kernel-settings"
  for folder in /sys/fs/cgroup /sys/fs/cgroup/*; do
    [ ! -e "$folder/cgroup.procs" ] || mkdir -p "$folder/$cgroup"
  done
  detached node unshare --mount --net --pid --fork --kill-child --propagation private -- \
    "$here/node.sh" "$state" "${node_folders[@]}"
  await node 30 running_node
  node_process=$(running_node)

  ip link add "$host_link" type veth peer name eth0 netns "$node_process"
  ip address add "$host_address/$link_prefix_length" dev "$host_link"
  ip link set "$host_link" up
  on_node ip address add "$node_address/$link_prefix_length" dev eth0
  on_node ip link set eth0 up
  # Pods and services can be reached from this host. There is no way out of the node to anywhere else.
  ip route add "$pod_network" via "$node_address"
  ip route add "$service_network" via "$node_address"
  on_node ip route add "$service_network" dev eth0
}

# The engine touches no packet filter: kube-proxy does, and all there is between pods is a bridge.
start_engine() {
  jq --null-input --arg state "$state" --arg runtime "$here/runtime.sh" '{
    hosts: ["unix://\($state)/docker.sock"], "data-root": "\($state)/docker", "exec-root": "\($state)/docker-run",
    pidfile: "\($state)/docker.pid", bip: $ARGS.named.bip, iptables: false, "ip-masq": false, "userland-proxy": false,
    "exec-opts": ["native.cgroupdriver=cgroupfs"], "cgroup-parent": "/\($ARGS.named.cgroup)/docker",
    runtimes: {node: {path: $runtime}}, "default-runtime": "node"
  }' --arg bip "$pod_gateway/${pod_network#*/}" --arg cgroup "$cgroup" >"$state/docker.json"
  component docker dockerd --config-file "$state/docker.json"
}

start_api_server() {
  local certificates=$state/certificates
  component etcd etcd --data-dir "$state/etcd" \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380
  await etcd 60 on_node bash -c 'exec 3<>/dev/tcp/127.0.0.1/2379'
  component kube-apiserver kube-apiserver --etcd-servers http://127.0.0.1:2379 \
    --bind-address "$node_address" --advertise-address "$node_address" --secure-port "$api_port" \
    --service-cluster-ip-range "$service_network" --allow-privileged=true \
    --tls-cert-file "$certificates/apiserver.crt" --tls-private-key-file "$certificates/apiserver.key" \
    --client-ca-file "$certificates/ca.crt" --token-auth-file "$state/tokens.csv" \
    --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction \
    --service-account-issuer "https://kubernetes.default.svc.$cluster_domain" \
    --service-account-key-file "$certificates/service-accounts.pub" \
    --service-account-signing-key-file "$certificates/service-accounts.key" \
    --kubelet-client-certificate "$certificates/kubelet-client.crt" \
    --kubelet-client-key "$certificates/kubelet-client.key" --kubelet-preferred-address-types InternalIP
  await kube-apiserver 180 as_admin get --raw /readyz
}

start_controllers() {
  component kube-controller-manager kube-controller-manager --kubeconfig "$state/kube-controller-manager.kubeconfig" \
    --service-account-private-key-file "$state/certificates/service-accounts.key" \
    --root-ca-file "$state/certificates/ca.crt" --use-service-account-credentials --leader-elect=false \
    --enable-hostpath-provisioner --flex-volume-plugin-dir "$state/volume-plugins" \
    --bind-address 127.0.0.1 --kube-api-qps 100 --kube-api-burst 200
  component kube-scheduler kube-scheduler --kubeconfig "$state/kube-scheduler.kubeconfig" \
    --leader-elect=false --bind-address 127.0.0.1
}

start_kubelet() {
  await docker 120 engine_version "$state/docker.sock"
  # Bytes of the pause image's only file; nothing else is needed to hold a pod's network.
  tar --create --directory "$programs_folder" pause |
    docker --host "unix://$state/docker.sock" import --change 'ENTRYPOINT ["/pause"]' - "$pause_image" >/dev/null
  : >"$state/resolv.conf"
  cat >"$state/kubelet.yaml" <<KUBELET
kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
address: $node_address
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $state/certificates/ca.crt}}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
cgroupRoot: /$cgroup
clusterDNS: [$pod_gateway]
clusterDomain: $cluster_domain
resolvConf: $state/resolv.conf
volumePluginDir: $state/volume-plugins
failSwapOn: false
maxPods: 250
kubeAPIQPS: 100
kubeAPIBurst: 200
# Images cannot be had again, and the disk is not this node's alone.
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, nodefs.inodesFree: 1%, imagefs.available: 1%}
KUBELET
  component kubelet kubelet --config "$state/kubelet.yaml" --kubeconfig "$state/kubelet.kubeconfig" \
    --hostname-override "$node_name" --node-ip "$node_address" --cert-dir "$state/certificates/kubelet" \
    --container-runtime docker --docker-endpoint "unix://$state/docker.sock" --docker "unix://$state/docker.sock" \
    --container-runtime-endpoint "unix://$state/dockershim.sock" --pod-infra-container-image "$pause_image"
  await kubelet 120 as_admin wait --for condition=Ready --timeout 1s "node/$node_name"
}

start_services() {
  component kube-proxy kube-proxy --kubeconfig "$state/kube-proxy.kubeconfig" --hostname-override "$node_name" \
    --proxy-mode iptables --cluster-cidr "$pod_network" --healthz-bind-address 127.0.0.1:10256 \
    --conntrack-max-per-core 0 --conntrack-tcp-timeout-established 0s --conntrack-tcp-timeout-close-wait 0s
  await kube-proxy 60 on_node sh -c "iptables-save --table nat | grep -q -e '-A KUBE-SERVICES -d $api_service_address/32'"
  component dns "$here/cluster-dns.sh" "$state/dns"
  await dns 60 grep -q "$api_service_address kubernetes.default" "$state/dns/hosts"
  as_admin apply --filename "$here/storage-class.yaml" >/dev/null
  component volumes "$here/volumes.sh"
  await kube-controller-manager 60 as_admin get serviceaccount default
}

say "making certificates and a node"
make_certificates "$state/certificates"
make_tokens "$state/certificates" "$state"
start_node
say "starting the Docker Engine, etcd and the API server"
start_engine
start_api_server
say "starting controllers, kubelet and kube-proxy"
start_controllers
start_kubelet
start_services
ready=true
say "$node_name is ready after $SECONDS s; logs: $state/logs"
echo "KUBECONFIG=$state/admin.kubeconfig"
