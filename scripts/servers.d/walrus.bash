#!/usr/bin/env bash
# shellcheck disable=SC2034 # sigv is for scripts/servers
# The embedded cloud's own object store, with both versions of signatures. Sourced by
# scripts/servers.

: "${work:?}" "${program:?}"

# start_walrus NAME: a cloud of its own; eucarc is the file with its addresses and keys.
start_walrus() {
  local tried log=$work/$1.log
  background "$log" "$program" cloud --data "$work/$1" --port 0 --ssl-port 0 --no-node --hypervisor mock
  for ((tried = 0; tried < 200; tried++)); do
    if grep -q '^ready' "$log"; then break; fi
    sleep 0.1
  done
  eucarc=$work/$1/credentials/admin/eucarc
  [ -e "$eucarc" ]
}

# drive_walrus VERSION: emikit signs with it, awscli with Version 4.
drive_walrus() {
  local eucarc='' name="Walrus, --sigv $1"
  drive "$name"
  if ! start_walrus "walrus-$1"; then
    failed=$((failed + 1))
    echo 'servers: the cloud did not start' >&2
    drive "$name" 'it could not be started'
  else
    # shellcheck disable=SC2016 # for the other shell
    read -ra walrus <<<"$(sh -c '. "$1" && echo "$S3_URL" "$EC2_URL" "$EC2_ACCESS_KEY" "$EC2_SECRET_KEY"' sh "$eucarc")"
    use "${walrus[0]}" "${walrus[2]}" "${walrus[3]}" us-east-1
    export EC2_URL=${walrus[1]}
  fi
  sigv=(--sigv "$1")
  drive_store
  on 'refused to S3: wrong secret, unknown key' store_refusals
  sigv=()
}
