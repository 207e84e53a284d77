# shellcheck shell=bash
# Sourced by the scripts beside it: what the cluster is made of, and where it is. All of a cluster is on one node, which
# has namespaces of its own for processes, mounts and network; this host reaches it over a pair of virtual interfaces.
# shellcheck disable=SC2034 # used where this is sourced

kubernetes_version=1.20.2
cache_folder=${SWARMLAB_CACHE:-$HOME/.cache/swarmlab}/k8s-$kubernetes_version
programs_folder=$cache_folder/bin

default_state=/var/lib/swarmlab-k8s
node_name=node1
host_link=swarmlab-k8s # this host's end of the pair
host_address=10.213.0.1
node_address=10.213.0.2
link_prefix_length=30
pod_gateway=10.214.0.1 # the bridge that all pods are on; DNS answers there too
pod_network=10.214.0.0/16
service_network=10.215.0.0/16
api_service_address=10.215.0.1
api_port=6443
cluster_domain=cluster.local
cgroup=swarmlab-k8s # below the root of every cgroup hierarchy
pause_image=swarmlab/pause:$kubernetes_version

# Folders that Kubernetes insists on: the node has its own in their place.
node_folders=(/var/lib/kubelet /var/lib/dockershim /var/log/pods /var/log/containers /tmp/hostpath_pv /run/containerd)

# Settings of the kernel, for the whole host, that the kubelet changes.
kernel_settings=(vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops)

# use_state ARGUMENTS…: takes `--state DIR` off the arguments; sets `state` to the folder and `arguments` to the rest.
use_state() {
  state=$default_state
  if [ "${1:-}" = --state ]; then
    [ $# -ge 2 ] || fail "--state needs a value"
    state=$2
    shift 2
  fi
  state=$(realpath --canonicalize-missing "$state")
  arguments=("$@")
}

# running_node: prints the process id of the node's first process, fails when there is none.
running_node() {
  running_engine "$state"
}
