#!/usr/bin/env bash
# What Debian's s3cmd does with the object store. Sourced by scripts/clients.

: "${work:?}"

drive_s3cmd() {
  local client signature
  client="s3cmd $(/usr/bin/s3cmd --version | sed 's/.* //')"
  (
    umask 077
    printf '[default]\naccess_key = %s\nsecret_key = %s\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" >"$work/s3cfg"
  )
  for signature in V4 V2; do
    try "$client" "mb, put of 100 MB in parts, ls, info; $signature" s3cmd_put $signature
    try "$client" "get, in one piece and continued; $signature" s3cmd_get $signature
    try "$client" "sync both ways, cp, mv; $signature" s3cmd_sync $signature
    try "$client" "multipart uploads left open: list and abort; $signature" s3cmd_abort $signature
    try "$client" "signurl; $signature" s3cmd_signed $signature
    try "$client" "setacl: public, private; $signature" s3cmd_acl $signature
    try "$client" "del, del --recursive, rb; $signature" s3cmd_delete $signature
  done
}

# s3cmd_as SIGNATURE ARGUMENT...: s3cmd writes the endpoint in lower case.
s3cmd_as() {
  local signature=$1 options=()
  shift
  [ "$signature" = V4 ] || options+=(--signature-v2)
  timeout 60 /usr/bin/s3cmd -c "$work/s3cfg" --no-ssl --no-progress --host="${S3_URL#*://}" --host-bucket="${S3_URL#*://}" \
    "${options[@]}" "$@"
}

s3cmd_put() {
  s3cmd_as "$1" mb "s3://s3cmd-$1"
  s3cmd_as "$1" put --multipart-chunk-size-mb=15 "$work/large" "s3://s3cmd-$1/la rge"
  equal size "$(s3cmd_as "$1" ls "s3://s3cmd-$1/la" | awk '{ print $3 }')" 100000000
  s3cmd_as "$1" info "s3://s3cmd-$1/la rge" | grep -E 'File size: +100000000'
}

s3cmd_get() {
  s3cmd_as "$1" get --force "s3://s3cmd-$1/la rge" "$work/back"
  cmp "$work/large" "$work/back"
  truncate -s 20000000 "$work/back"
  s3cmd_as "$1" get --continue "s3://s3cmd-$1/la rge" "$work/back"
  cmp "$work/large" "$work/back"
}

s3cmd_sync() {
  s3cmd_as "$1" sync "$work/tree/" "s3://s3cmd-$1/tree/"
  mkdir "$work/s3cmd-$1"
  s3cmd_as "$1" sync "s3://s3cmd-$1/tree/" "$work/s3cmd-$1/"
  diff -r "$work/tree" "$work/s3cmd-$1"
  s3cmd_as "$1" cp "s3://s3cmd-$1/tree/file 1" "s3://s3cmd-$1/copied"
  s3cmd_as "$1" mv "s3://s3cmd-$1/copied" "s3://s3cmd-$1/moved"
  s3cmd_as "$1" get "s3://s3cmd-$1/moved" - | cmp - "$work/tree/file 1"
}

s3cmd_abort() {
  local id
  id=$(s3 s3api create-multipart-upload --bucket "s3cmd-$1" --key open --query UploadId --output text)
  s3cmd_as "$1" multipart "s3://s3cmd-$1" | grep -F "$id"
  s3cmd_as "$1" abortmp "s3://s3cmd-$1/open" "$id"
  if s3cmd_as "$1" multipart "s3://s3cmd-$1" | grep -F "$id"; then return 1; fi
}

# s3cmd_signed: what s3cmd signs here is Version 2, with a URL that lacks the
# endpoint's path.
s3cmd_signed() {
  local url
  url=$(s3cmd_as "$1" signurl "s3://s3cmd-$1/tree/file 1" +60)
  equal 'signed URL has a signature' "$(grep -c 'Signature=' <<<"$url")" 1
  curl -fsS --max-time 20 "$url" | cmp - "$work/tree/file 1"
}

s3cmd_acl() {
  s3cmd_as "$1" setacl --acl-public "s3://s3cmd-$1/moved"
  curl -fsS --max-time 20 "$S3_URL/s3cmd-$1/moved" | cmp - "$work/tree/file 1"
  s3cmd_as "$1" setacl --acl-private "s3://s3cmd-$1/moved"
  refused 403 curl -fsS --max-time 20 "$S3_URL/s3cmd-$1/moved"
}

s3cmd_delete() {
  s3cmd_as "$1" del "s3://s3cmd-$1/moved"
  s3cmd_as "$1" del --recursive --force "s3://s3cmd-$1/tree/"
  equal 'what is left' "$(s3cmd_as "$1" ls --recursive "s3://s3cmd-$1" | awk '{ print $3 }')" 100000000
  s3cmd_as "$1" rb --recursive --force "s3://s3cmd-$1"
}
