#!/usr/bin/env bash
# versitygw, an S3 server over a directory. Sourced by scripts/servers.

: "${work:?}" "${first:=}" "${versitygw_version:?}"

build_versitygw() {
  [ -z "$versitygw" ] || return 0
  # Outside of this module: nothing of it may get into ours.
  if CGO_ENABLED=0 GOFLAGS='' GOBIN=$work go install -ldflags='-s -w' "github.com/versity/versitygw/cmd/versitygw@$versitygw_version" 2>"$work/build.log"; then
    versitygw=$work/versitygw
  fi
}

start_versitygw() {
  local tried
  if [ -z "$versitygw" ]; then
    cat "$work/build.log"
    return 1
  fi
  mkdir "$work/gw" "$work/gw/data" "$work/gw/iam"
  ROOT_ACCESS_KEY=AKIAROOT ROOT_SECRET_KEY=the-root-secret background "$work/gw/log" \
    "$versitygw" --port 127.0.0.1:0 --region lab-1 --iam-dir "$work/gw/iam" posix "$work/gw/data"
  for ((tried = 0; tried < 100; tried++)); do
    if port=$(listening "$!"); then break; fi
    sleep 0.1
  done
  [ -n "$port" ]
}

# listening PROCESS: the TCP port that it listens on; versitygw does not say which one
# it was given.
listening() {
  local sockets port
  sockets=$(find "/proc/$1/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null | tr -dc '0-9\n')
  port=$(awk 'NR == FNR {ours[$1]; next} $4 == "0A" && $10 in ours {sub(/.*:/, "", $2); print $2; exit}' \
    <(echo "$sockets") /proc/net/tcp)
  [ -n "$port" ] && printf '%d\n' "0x$port"
}

drive_versitygw() {
  local port='' name="versitygw ${versitygw_version#v}"
  drive "$name"
  if ! start_versitygw; then
    failed=$((failed + 1))
    echo 'servers: versitygw did not start' >&2
    cat "$work/gw/log" >&2 2>/dev/null || true
    drive "$name" 'it could not be built or started'
  fi
  gateway=http://127.0.0.1:$port
  use "$gateway" AKIAROOT the-root-secret lab-1
  drive_store
  on 'refused to S3: wrong secret, unknown key' store_refusals
  on 'refused: --sigv 2, with a hint' gateway_version2
  on 'refused: the bucket of another account' gateway_accounts
  on 'configured for another region: signs for the one that the server names' gateway_region
}

gateway_version2() {
  refused 'use --sigv 4' emikit upload-bundle --sigv 2 -b bkt -m "$first"
}

gateway_accounts() {
  ADMIN_ACCESS_KEY=AKIAROOT ADMIN_SECRET_KEY=the-root-secret "$versitygw" admin --region lab-1 \
    --endpoint-url "$S3_URL" create-user --access AKIAALICE --secret the-secret-of-alice --role userplus
  s3 s3 mb s3://bkt-of-root
  export AWS_ACCESS_KEY_ID=AKIAALICE AWS_SECRET_ACCESS_KEY=the-secret-of-alice
  refused AccessDenied emikit upload-bundle -b bkt-of-root -m "$first"
  refused AccessDenied emikit download-bundle -b bkt -d "$work/down-alice"
  emikit upload-bundle -b bkt-of-alice -m "$first"
  stored bkt-of-alice "$work/first"
  use "$S3_URL" AKIAROOT the-root-secret lab-1
  equal 'objects in the bucket of root' "$(s3 s3 ls s3://bkt-of-root)" ''
}

gateway_region() {
  AWS_DEFAULT_REGION=eu-west-1 emikit upload-bundle -b bkt-region -m "$first"
  stored bkt-region "$work/first"
  AWS_DEFAULT_REGION=eu-west-1 emikit download-bundle -b bkt-region -d "$work/down-region"
  diff -r "$work/first" "$work/down-region"
}
