#!/usr/bin/env bash
# The section about bundling straight into a bucket. Sourced by scripts/bench.

: "${work:?}" "${data:?}" "${program:?}" "${runs:?}" "${size:?}" "${versitygw:=}"

stores=() # names of those that run

start_discard() {
  local port
  background "$work/discard.log" "$work/discard"
  port=$(said "$work/discard.log" '^[0-9][0-9]*$')
  export DISCARD="http://127.0.0.1:$port AKIADISCARD the-secret"
  stores+=(discard)
}

start_walrus() {
  local url
  background "$work/walrus.log" "$program" cloud --data "$data/cloud" --port 0 --ssl-port 0 --no-node --hypervisor mock
  said "$work/walrus.log" '^ready' >/dev/null
  url=$(sh -c '. "$1" && echo "$S3_URL $EC2_ACCESS_KEY $EC2_SECRET_KEY"' sh "$data/cloud/credentials/admin/eucarc")
  export WALRUS=$url
  stores+=(walrus)
}

# start_gateway: versitygw is built if its source has been fetched before, as
# scripts/servers does.
start_gateway() {
  local port=''
  # shellcheck disable=SC2034 # for versitygw.bash
  versitygw_version=$(sed -n 's/^versitygw_version=//p' scripts/servers)
  # shellcheck source=scripts/servers.d/versitygw.bash
  source scripts/servers.d/versitygw.bash
  if [ -z "$versitygw" ]; then
    [ -e "$(go env GOMODCACHE)/cache/download/github.com/versity/versitygw/@v/$versitygw_version.zip" ] || return 0
    build_versitygw
  fi
  start_versitygw || { echo 'bench: versitygw did not start' >&2; exit 1; }
  export VERSITYGW="http://127.0.0.1:$port AKIAROOT the-root-secret"
  stores+=(versitygw)
}

said() { # said FILE PATTERN: waits for a line and prints it
  local tried
  for ((tried = 0; tried < 200; tried++)); do
    if grep -m 1 -- "$2" "$1" 2>/dev/null; then return; fi
    sleep 0.1
  done
  echo "bench: nothing like $2 in $1" >&2
  exit 1
}

at() { # at STORE COMMAND...: with its address and keys
  local url key secret
  read -r url key secret <<<"${!1}"
  shift
  AWS_DEFAULT_REGION=lab-1 S3_URL=$url AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret "$@"
}

upload() { # upload STORE
  # shellcheck disable=SC2154 # bundling.bash has it
  at "${1^^}" measure "upload-$1" "$program" bundle-and-upload-image -i "$data/disk.img" -b bench "${sign[@]}"
}

# holds STORE: what it was sent comes back, and is the image.
holds() {
  rm -rf "${data:?}/down"
  at "${1^^}" "$program" download-bundle -b bench -d "$data/down" >/dev/null
  opens "$data/down" "$data/disk.img"
}

bench_upload() {
  local run store
  mixed_image
  start_discard
  start_walrus
  start_gateway
  for ((run = 0; run < runs; run++)); do
    emikit_bundle alone "$data/disk.img"
    for store in "${stores[@]}"; do upload "$store"; done
  done
  for store in "${stores[@]}"; do [ "$store" = discard ] || holds "$store"; done
  report_upload
}

report_upload() {
  local store got limit title
  echo "### Bundling the mixed image, $size MiB, straight into a bucket"
  echo
  timings 'time, bundle-image is 1'
  timing 'emikit bundle-image' alone 1
  for store in "${stores[@]}"; do
    got=$(ratio "$(wall "upload-$store")" "$(wall alone)") limit=1.3
    case $store in
    discard) title='a server that keeps nothing' limit=1 ;;
    walrus) title="emikit's own Walrus" ;;
    *) title="$store ${versitygw_version#v}" ;;
    esac
    timing "emikit bundle-and-upload-image, $title" "upload-$store" "$got"
    aim "bundle-and-upload-image, $title: time, bundle-image is 1" 'at most' "$limit" "$got"
  done
}
