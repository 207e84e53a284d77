#!/usr/bin/env bash
# The DNS server of the cluster: dnsmasq, fed from services and endpoints as they change. Answers with
#   SERVICE.NAMESPACE.svc.cluster.local       the service's address, or of a headless service those of all its pods
#   POD.SERVICE.NAMESPACE.svc.cluster.local   a pod of a headless service (its host name, or 10-214-0-7 for 10.214.0.7)
# and that no other name exists. start.sh runs it on the node, with KUBECONFIG set.
#
#   cluster-dns.sh FOLDER      where the records are kept
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=cluster.sh
. "$(dirname "$0")/cluster.sh"

hosts=$1/hosts
mkdir -p "$1"
: >"$hosts"
dnsmasq --keep-in-foreground --conf-file=/dev/null --log-facility=- --pid-file= --user=root \
  --listen-address="$pod_gateway" --bind-interfaces --no-resolv --no-hosts --addn-hosts="$hosts" --address=/#/ \
  --edns-packet-max=4096 &
dnsmasq=$!

# A watch ends when the API server says so; a new one begins with all that is there.
watch() {
  while :; do
    kubectl get "$1" --all-namespaces --watch --output name || true
    sleep 1
  done
}

records() {
  kubectl get services,endpoints --all-namespaces --output json | jq --raw-output --arg cluster "$cluster_domain" '
    def domain: "\(.metadata.name).\(.metadata.namespace).svc.\($cluster)";
    (.items | group_by(.kind) | map({key: .[0].kind, value: .}) | from_entries) as {$Service, $Endpoints}
    | ($Service // [] | map({key: domain, value: .spec.clusterIP}) | from_entries) as $addresses
    | ($addresses | to_entries[] | select(.value and .value != "None" and .value != "") | "\(.value) \(.key)"),
      ($Endpoints // [] | .[] | domain as $domain | select($addresses[$domain] == "None")
        | .subsets // [] | .[].addresses // [] | .[]
        | "\(.ip) \(.hostname // (.ip | gsub("\\."; "-"))).\($domain) \($domain)")
  ' | sort -u
}

{ watch services & watch endpoints & wait; } | while read -r _; do
  # What changes together is read together.
  for ((more = 0; more < 50; more++)); do
    read -r -t 0.1 _ || break
  done
  records >"$hosts.new" || continue
  cmp --silent "$hosts" "$hosts.new" && continue
  mv "$hosts.new" "$hosts"
  kill -HUP "$dnsmasq"
done &
wait "$dnsmasq"
