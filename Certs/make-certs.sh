#!/usr/bin/env bash
# Makes a CA, serving certificates and client certificates with openssl(1). The server makes its own where none are
# given; this is for those who want to bring theirs.
#
#   Certs/make-certs.sh ca DIRECTORY
#   Certs/make-certs.sh server DIRECTORY NAME...        NAME: a host name or an IP address
#   Certs/make-certs.sh client DIRECTORY USER [GROUP...]
#
# Then:
#   hotplug-apiserver serve --tls-cert-file DIRECTORY/server.crt --tls-private-key-file DIRECTORY/server.key \
#     --client-ca-file DIRECTORY/ca.crt
#   curl --cacert DIRECTORY/ca.crt --cert DIRECTORY/USER.crt --key DIRECTORY/USER.key https://localhost:6443/apis
set -euo pipefail
umask 077

config="$(dirname "$0")/openssl.cnf"
export NAMES=DNS:localhost

usage() {
  sed -n '2,/^set/p' "$0" | grep '^#' | cut -c3- >&2
  exit 2
}

new_key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1"; }

# sign NAME SUBJECT EXTENSIONS DAYS
sign() {
  new_key "$directory/$1.key"
  openssl req -new -config "$config" -key "$directory/$1.key" -subj "$2" |
    openssl x509 -req -sha256 -days "$4" -CA "$directory/ca.crt" -CAkey "$directory/ca.key" -set_serial "0x$(openssl rand -hex 16)" \
      -extfile "$config" -extensions "$3" -out "$directory/$1.crt" 2>/dev/null
  echo "$directory/$1.crt $directory/$1.key"
}

[ $# -ge 2 ] || usage
kind=$1 directory=$2
shift 2
mkdir -p "$directory"
[ "$kind" = ca ] || [ -f "$directory/ca.key" ] || { echo "$directory has no CA: run '$0 ca $directory' first" >&2; exit 1; }
case $kind in
ca)
  [ ! -e "$directory/ca.key" ] || { echo "$directory/ca.key exists: what it signed would be void; remove it yourself" >&2; exit 1; }
  new_key "$directory/ca.key"
  openssl req -new -x509 -sha256 -days 3650 -config "$config" -extensions ca -key "$directory/ca.key" \
    -subj "/CN=hotplug-apiserver-ca" -out "$directory/ca.crt"
  echo "$directory/ca.crt $directory/ca.key"
  ;;
server)
  [ $# -ge 1 ] || usage
  names=()
  for name in "$@"; do
    case $name in *:* | [0-9]*.[0-9]*.[0-9]*.[0-9]*) names+=("IP:$name") ;; *) names+=("DNS:$name") ;; esac
  done
  NAMES=$(IFS=,; echo "${names[*]}") sign server "/CN=$1" server 365
  ;;
client)
  [ $# -ge 1 ] || usage
  user=$1 subject=
  shift
  for group in "$@"; do subject+="/O=$group"; done
  sign "$user" "$subject/CN=$user" client 365
  ;;
*) usage ;;
esac
