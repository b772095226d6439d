#!/usr/bin/env bash
# MinIO's server, as its source was last published. Sourced by scripts/servers.

: "${work:?}" "${first:=}" "${minio:=}" "${minio_version:?}"

build_minio() {
  [ "$minio" = build ] || return 0
  minio=''
  echo 'servers: building MinIO, which takes some minutes' >&2
  # Outside of this module: nothing of it may get into ours.
  if CGO_ENABLED=0 GOFLAGS='' GOBIN=$work nice go install -ldflags='-s -w' "github.com/minio/minio@$minio_version" 2>"$work/build-minio.log"; then
    minio=$work/minio
  else
    cat "$work/build-minio.log" >&2
  fi
}

# start_minio: it listens on a port that was free; it has no way to say which one it was
# given.
start_minio() {
  local tried
  [ -n "$minio" ] || return 1
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  mkdir "$work/mn" "$work/mn/data" "$work/mn/certs"
  MINIO_ROOT_USER=AKIAROOT MINIO_ROOT_PASSWORD=the-root-secret MINIO_SITE_REGION=lab-1 MINIO_BROWSER=off MINIO_UPDATE=off \
    background "$work/mn/log" "$minio" server --quiet --certs-dir "$work/mn/certs" --address "127.0.0.1:$port" "$work/mn/data"
  for ((tried = 0; tried < 300; tried++)); do
    if curl -sf -o "$work/mn/health" "http://127.0.0.1:$port/minio/health/ready"; then return; fi
    sleep 0.1
  done
  return 1
}

drive_minio() {
  local port='' name="MinIO ${minio_version:7:8}"
  drive "$name"
  if ! start_minio; then
    failed=$((failed + 1))
    echo 'servers: MinIO did not start' >&2
    cat "$work/mn/log" >&2 2>/dev/null || true
    drive "$name" 'it could not be built or started'
  fi
  use "http://127.0.0.1:$port" AKIAROOT the-root-secret lab-1
  drive_store
  on 'refused to S3: wrong secret, unknown key' store_refusals
  on 'upload-bundle and download-bundle --sigv 2' minio_version2
  on 'configured for another region: signs for the one that the server names' gateway_region
}

minio_version2() {
  emikit upload-bundle --sigv 2 -b bkt-v2 -m "$first"
  stored bkt-v2 "$work/first"
  emikit download-bundle --sigv 2 -b bkt-v2 -d "$work/down-v2"
  diff -r "$work/first" "$work/down-v2"
}
