#!/usr/bin/env bash
# The embedded cloud as a reader: it registers the bundle, which it checks in depth, and
# its node unpacks it for an instance of the mock hypervisor. Sourced by scripts/makers.
# shellcheck disable=SC2154 # read.bash sets the image that a reader writes

: "${work:?}" "${program:?}" "${vectors:?}"

# Two clouds, since the bundles of each tool are for another cloud's key.
prepare_read_cloud() {
  started=() # of this column's own process
  trap end_clouds EXIT
  start_cloud euca2ools
  start_cloud ec2-ami-tools
}

end_clouds() {
  local id
  for id in "${started[@]}"; do
    kill -TERM "$id" 2>/dev/null || true
    wait "$id" || true
  done
}

start_cloud() { # start_cloud TOOL
  local data=$work/cloud.$1 tried
  mkdir -m 700 "$data" "$data/keys"
  cp "$vectors/$1/keys/cloud-cert.pem" "$data/keys/"
  openssl rsa -traditional -in "$vectors/$1/keys/cloud-pk.pem" -out "$data/keys/cloud-pk.pem" 2>/dev/null
  chmod 600 "$data/keys"/*
  : >"$work/cloud.$1.ready"
  "$program" cloud --data "$data" --port 0 --ssl-port 0 --hypervisor mock --image-signatures any \
    >"$work/cloud.$1.ready" 2>"$work/cloud.$1.log" </dev/null &
  started+=($!)
  for ((tried = 0; tried < 300; tried++)); do
    if grep -q '^ready' "$work/cloud.$1.ready"; then break; fi
    sleep 0.1
  done
  use_cloud "$1"
  start_base "$1"
}

use_cloud() { # use_cloud TOOL
  # shellcheck disable=SC1090 # the cloud has written it just now
  source "$work/cloud.$1/credentials/admin/eucarc"
}

emikit() { timeout 60 "$program" "$@"; }

# start_base TOOL: a machine, a kernel and a ramdisk to run others with.
start_base() {
  local made=$work/base.$1 kind
  local -A names=([machine]=base [kernel]=vmlinuz-base [ramdisk]=initrd-base)
  emikit bundle-image -i "$work/images/sparse.img" -p base -d "$made" >/dev/null
  emikit bundle-image -i "$work/images/vmlinuz" -p vmlinuz-base --kernel true -d "$made" >/dev/null
  emikit bundle-image -i "$work/images/initrd" -p initrd-base --ramdisk true -d "$made" >/dev/null
  for kind in machine kernel ramdisk; do
    emikit upload-bundle -b base -m "$made/${names[$kind]}.manifest.xml" >/dev/null
    emikit register "base/${names[$kind]}.manifest.xml" | cut -f 2 >"$made/$kind"
  done
}

read_cloud() {
  local tool bundle=$work/bundles/$1 manifest=$work/upload.$1/bundle.manifest.xml others=() kind id run
  tool=$(<"$bundle.keys")
  use_cloud "$tool"
  mkdir "$work/upload.$1"
  cp "$bundle/manifest" "$manifest"
  emikit upload-bundle -b "bundle-$1" -m "$manifest" -d "$bundle" -k "$(key_of "$1")"
  if ! is_xml "$1"; then
    refused "write it anew with 'emikit migrate-manifest'" emikit register "bundle-$1/bundle.manifest.xml"
    cannot 'refused, with advice'
    return
  fi
  if grep -q '<size>0</size>' "$manifest"; then
    refused 'the image is empty' emikit register "bundle-$1/bundle.manifest.xml"
    cannot 'refused: empty'
    return
  fi
  # The kernels and ramdisks that vectors name were in other clouds.
  for kind in kernel ramdisk; do
    if grep -q "<${kind}_id>[a-z]*-" "$manifest"; then others+=(--"$kind" "$(<"$work/base.$tool/$kind")"); fi
  done
  id=$(emikit register "bundle-$1/bundle.manifest.xml" "${others[@]}" | cut -f 2)
  run=$(run_with "$tool" "$id")
  fetched "$tool" "$manifest" "$(awk '$1 == "INSTANCE" {print $2}' <<<"$run")"
}

# run_with TOOL IMAGE: an instance of the machine, kernel or ramdisk.
run_with() {
  local base=$work/base.$1
  wait_available "$2"
  case $2 in
    eki-*) emikit run-instances "$(<"$base/machine")" --kernel "$2" ;;
    eri-*) emikit run-instances "$(<"$base/machine")" --kernel "$(<"$base/kernel")" --ramdisk "$2" ;;
    *) emikit run-instances "$2" ;;
  esac
}

wait_available() { # wait_available IMAGE
  local tried
  for ((tried = 0; tried < 100; tried++)); do
    if emikit describe-images "$1" | grep -q $'\tavailable\t'; then return; fi
    sleep 0.1
  done
  emikit describe-images "$1"
  return 1
}

# fetched TOOL MANIFEST INSTANCE: takes the image out of the node's cache, where it lies
# once it is whole, and ends the instance.
fetched() {
  local key tried cached
  key=$(sha256sum <"$2" | cut -d ' ' -f 1)
  cached=$work/cloud.$1/nodes/node1/cache/$key/image
  for ((tried = 0; tried < 150; tried++)); do
    if [ -e "$cached" ]; then break; fi
    sleep 0.1
  done
  cp "$cached" "$image" || emikit describe-instances "$3"
  emikit terminate-instances "$3"
}
