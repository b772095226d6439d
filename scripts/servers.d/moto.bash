#!/usr/bin/env bash
# shellcheck disable=SC2154 # gateway is of versitygw.bash
# moto, an emulator of AWS in Python. Sourced by scripts/servers.

: "${work:?}" "${first:=}"

# find_moto: the first python3 on the PATH that can serve it.
find_moto() {
  local python
  moto_python='' moto_version=''
  while read -r python; do
    if moto_version=$("$python" -c 'import boto3, flask, moto.server; print(moto.__version__)' 2>/dev/null); then
      moto_python=$("$python" -c 'import sys; print(sys.executable)')
      return
    fi
  done < <(type -ap python3)
}

start_moto() {
  local tried
  background "$work/moto.log" "$moto_python" -m moto.server -H 127.0.0.1 -p 0
  for ((tried = 0; tried < 300; tried++)); do
    url=$(sed -n 's/.*Running on \(http:[0-9a-z.:/]*\).*/\1/p' "$work/moto.log")
    if [ -n "$url" ]; then return; fi
    sleep 0.1
  done
  return 1
}

drive_moto() {
  local url='' account name="moto${moto_version:+ $moto_version}"
  drive "$name"
  if [ -z "$moto_python" ]; then
    drive "$name" 'no python3 has moto'
  elif ! start_moto; then
    failed=$((failed + 1))
    echo 'servers: moto did not start' >&2
    drive "$name" 'it could not be started'
  fi
  use "$url" AKIAANYONE any-secret us-east-1
  drive_store
  on 'copy-bundle from versitygw' moto_copy
  drive_publish
  # From here on moto checks signatures. Not before: it computes those of S3 listings
  # wrongly, awscli's too (moto 5.2.1: it takes the query unquoted).
  if [ -z "$why" ]; then
    account=$("$moto_python" scripts/servers.d/moto_account.py "$url")
    use "$url" "${account% *}" "${account#* }" us-east-1
  fi
  on 'refused to S3: wrong secret, unknown key' store_refusals
  drive_ec2
}

# What drive_store has left on versitygw, asked for with a key of its own.
moto_copy() {
  emikit copy-bundle -U "$gateway" -I AKIAROOT -S the-root-secret --region lab-1 -b bkt-copy/x -p disk.img \
    --to bkt-from-versitygw --to-url "$S3_URL" --to-access-key-id AKIAANYONE --to-secret-key any-secret --keep-manifest
  stored bkt-from-versitygw "$work/first"
}
