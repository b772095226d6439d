#!/usr/bin/env bash
# What Debian's rclone does with the object store. Sourced by scripts/clients.

: "${work:?}"

drive_rclone() {
  local client signature
  client="rclone $(/usr/bin/rclone version | sed -n '1s/^rclone v\([0-9.]*\).*/\1/p')"
  for signature in V4 V2; do
    try "$client" "mkdir, copy of 100 MB in one piece, check, check --download; $signature" rclone_copy $signature
    try "$client" "copy in parts, and back; $signature" rclone_parts $signature
    try "$client" "cat of a range over two parts; $signature" rclone_range $signature
    # What rclone links to with Version 2 is not signed at all.
    [ "$signature" = V2 ] || try "$client" "link; $signature" rclone_link $signature
    try "$client" "sync to the bucket: changed, removed, unchanged; $signature" rclone_sync $signature
    try "$client" "sync from folder to folder, in parts; $signature" rclone_sync_here $signature
    try "$client" "rcat, moveto, touch; $signature" rclone_names $signature
    try "$client" "multipart uploads left open: list and clean up; $signature" rclone_cleanup $signature
    try "$client" "deletefile, delete, purge; $signature" rclone_delete $signature
  done
}

# rclone_as SIGNATURE ARGUMENT...: the buckets are those of the remote "walrus:".
rclone_as() {
  local v2=false
  [ "$1" = V4 ] || v2=true
  shift
  RCLONE_CONFIG=/dev/null RCLONE_CONFIG_WALRUS_TYPE=s3 RCLONE_CONFIG_WALRUS_PROVIDER=Other \
    RCLONE_CONFIG_WALRUS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID RCLONE_CONFIG_WALRUS_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY \
    RCLONE_CONFIG_WALRUS_ENDPOINT=$S3_URL RCLONE_CONFIG_WALRUS_REGION=eucalyptus RCLONE_CONFIG_WALRUS_V2_AUTH=$v2 \
    timeout 60 /usr/bin/rclone --quiet --low-level-retries 1 --retries 1 "$@"
}

rclone_copy() {
  rclone_as "$1" mkdir "walrus:rclone-$1"
  rclone_as "$1" copyto --s3-upload-cutoff 1G "$work/large" "walrus:rclone-$1/whole/large"
  rclone_as "$1" copy "$work/tree" "walrus:rclone-$1/whole/tree"
  mkdir -p "$work/rclone"
  ln -sf "$work/large" "$work/tree" "$work/rclone/"
  rclone_as "$1" check --copy-links "$work/rclone" "walrus:rclone-$1/whole"
  rclone_as "$1" check --copy-links --download "$work/rclone" "walrus:rclone-$1/whole"
  equal 'ETag of one piece' "$(s3 s3api head-object --bucket "rclone-$1" --key whole/large --query ETag --output text)" \
    "\"$(md5sum <"$work/large" | cut -c -32)\""
}

rclone_parts() {
  rclone_as "$1" copy --copy-links --s3-upload-cutoff 0 --s3-chunk-size 5M "$work/rclone" "walrus:rclone-$1/parts"
  equal 'ETag of parts' "$(s3 s3api head-object --bucket "rclone-$1" --key parts/large --query ETag --output text)" \
    "\"$(part_etag "$work/large" 5242880)\""
  rclone_as "$1" check --copy-links "$work/rclone" "walrus:rclone-$1/parts"
  rclone_as "$1" copy "walrus:rclone-$1/parts" "$work/rclone-$1"
  cmp "$work/large" "$work/rclone-$1/large"
  diff -r "$work/tree" "$work/rclone-$1/tree"
}

rclone_range() {
  rclone_as "$1" cat --offset 5242000 --count 2000 "walrus:rclone-$1/parts/large" >"$work/range"
  equal size "$(stat -c %s "$work/range")" 2000
  cmp -i 5242000:0 -n 2000 "$work/large" "$work/range"
}

rclone_sync() {
  local tree=$work/rclone-tree
  rm -rf "$tree"
  cp -a "$work/tree" "$tree"
  rclone_as "$1" sync "$tree" "walrus:rclone-$1/tree"
  rm "$tree/file 1"
  echo changed >"$tree/file 2"
  rclone_as "$1" sync "$tree" "walrus:rclone-$1/tree"
  rclone_as "$1" check "$tree" "walrus:rclone-$1/tree"
  equal 'gone' "$(rclone_as "$1" lsf "walrus:rclone-$1/tree" | grep -c 'file 1')" 0
  equal 'third sync' "$(rclone_as "$1" sync --dry-run --log-level NOTICE "$tree" "walrus:rclone-$1/tree" 2>&1 | grep -c 'Skipped')" 0
}

rclone_sync_here() {
  rclone_as "$1" sync --s3-copy-cutoff 20M --s3-chunk-size 20M "walrus:rclone-$1/parts" "walrus:rclone-$1/copied"
  rclone_as "$1" check "walrus:rclone-$1/parts" "walrus:rclone-$1/copied"
  rclone_as "$1" cat "walrus:rclone-$1/copied/large" | cmp - "$work/large"
}

rclone_names() {
  rclone_as "$1" rcat --streaming-upload-cutoff 0 "walrus:rclone-$1/streamed" <"$work/tree/file 1"
  rclone_as "$1" moveto "walrus:rclone-$1/streamed" "walrus:rclone-$1/moved"
  rclone_as "$1" touch "walrus:rclone-$1/moved"
  rclone_as "$1" cat "walrus:rclone-$1/moved" | cmp - "$work/tree/file 1"
  equal 'names' "$(rclone_as "$1" lsf "walrus:rclone-$1" | tr '\n' ' ')" 'copied/ moved parts/ tree/ whole/ '
}

rclone_link() {
  curl -fsS --max-time 20 "$(rclone_as "$1" link --expire 1m "walrus:rclone-$1/parts/tree/file 3")" | cmp - "$work/tree/file 3"
}

rclone_cleanup() {
  local id
  id=$(s3 s3api create-multipart-upload --bucket "rclone-$1" --key open --query UploadId --output text)
  rclone_as "$1" backend list-multipart-uploads "walrus:rclone-$1" | grep -F "$id"
  rclone_as "$1" backend cleanup -o max-age=1ns "walrus:rclone-$1"
  if rclone_as "$1" backend list-multipart-uploads "walrus:rclone-$1" | grep -F "$id"; then return 1; fi
}

rclone_delete() {
  rclone_as "$1" deletefile "walrus:rclone-$1/moved"
  rclone_as "$1" delete "walrus:rclone-$1/whole"
  equal 'what is left' "$(rclone_as "$1" lsf "walrus:rclone-$1" | tr '\n' ' ')" 'copied/ parts/ tree/ '
  rclone_as "$1" purge "walrus:rclone-$1"
  refused NoSuchBucket s3 s3api list-objects-v2 --bucket "rclone-$1"
}
