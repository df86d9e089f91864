#!/usr/bin/env bash
# deploy/make-secrets.sh [FOLDER [STORE]]: makes the secrets of a cluster, once, in FOLDER (deploy/secrets).
# STORE is a connection string of Azure Storage, or s3://BUCKET/PREFIX, whose keys the silos need in their environment (or by their
# machine's role); without one it is the Azurite of deploy/compose.
set -euo pipefail
folder=${1:-"$(dirname "$0")/secrets"}
if [[ -e $folder ]]; then
  echo "$folder exists; delete it to make new secrets" >&2
  exit 1
fi

random() { head -c "$1" /dev/urandom | base64 | tr -d '\n'; }
hex() { head -c "$1" /dev/urandom | od -An -tx1 | tr -d ' \n'; }

# The files are mounted one by one into containers whose users differ, so each can be read; the folder keeps others out.
umask 022
mkdir -p "$folder"
chmod 700 "$folder"
redis=$(hex 32)
azurite=$(random 64)
store=${2:-"DefaultEndpointsProtocol=http;AccountName=lisa;AccountKey=$azurite;BlobEndpoint=http://azurite:10000/lisa;"}

key=lisa-$(hex 32)
printf '%s' "$(hex 32)" > "$folder/cluster-secret"
printf 'admin write %s\n' "$(printf '%s' "$key" | sha256sum | cut -d ' ' -f 1)" > "$folder/api-keys"
printf 'requirepass %s\n' "$redis" > "$folder/redis.conf"
printf 'lisa:%s' "$azurite" > "$folder/azurite-account"
cat > "$folder/appsettings.json" <<JSON
{
  "lisa": {
    "redis": "redis:6379,password=$redis",
    "store": "$store",
    "cluster_secret_file": "cluster-secret",
    "api_keys": "api-keys"
  }
}
JSON

# Kept nowhere: the file has its hash only.
echo "key of the HTTP API, shown only now: $key"
