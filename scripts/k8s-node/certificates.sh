# shellcheck shell=bash
# shellcheck disable=SC2154 # what cluster.sh sets
# Sourced by start.sh, after cluster.sh: who may talk to the API server, and how each proves it.

# make_certificates FOLDER: an authority, what the API server shows to its clients and to the kubelet, and the key that
# signs the tokens of service accounts.
make_certificates() {
  local folder=$1 name
  for name in ca apiserver kubelet-client service-accounts; do
    openssl ecparam -genkey -name prime256v1 -noout -out "$folder/$name.key"
  done
  openssl ec -in "$folder/service-accounts.key" -pubout -out "$folder/service-accounts.pub" 2>/dev/null
  openssl req -x509 -new -key "$folder/ca.key" -subj /CN=swarmlab-k8s -days 3650 -out "$folder/ca.crt"
  certify "$folder" apiserver /CN=kube-apiserver serverAuth \
    "subjectAltName=IP:$node_address,IP:$api_service_address,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.$cluster_domain"
  certify "$folder" kubelet-client /O=system:masters/CN=kube-apiserver clientAuth
}

# certify FOLDER NAME SUBJECT USAGE [EXTENSION]
certify() {
  openssl req -new -key "$1/$2.key" -subj "$3" |
    openssl x509 -req -CA "$1/ca.crt" -CAkey "$1/ca.key" -CAcreateserial -days 3650 -out "$1/$2.crt" \
      -extfile <(printf '%s\n' "extendedKeyUsage=$4" "${5:-}") 2>/dev/null
}

# make_tokens CERTIFICATES FOLDER: a token and a kubeconfig for each user; FOLDER/tokens.csv is for the API server.
make_tokens() {
  local folder=$2 authority name user groups token
  authority=$(base64 --wrap 0 "$1/ca.crt")
  while read -r name user groups; do
    token=$(openssl rand -hex 16)
    echo "$token,$user,$user,\"$groups\"" >>"$folder/tokens.csv"
    cat >"$folder/$name.kubeconfig" <<KUBECONFIG
apiVersion: v1
kind: Config
current-context: swarmlab
contexts: [{name: swarmlab, context: {cluster: swarmlab, user: $name}}]
users: [{name: $name, user: {token: $token}}]
clusters:
  - name: swarmlab
    cluster:
      server: https://$node_address:$api_port
      certificate-authority-data: $authority
KUBECONFIG
  done <<USERS
admin admin system:masters
kube-controller-manager system:kube-controller-manager
kube-scheduler system:kube-scheduler
kube-proxy system:kube-proxy
kubelet system:node:$node_name system:nodes
USERS
}
