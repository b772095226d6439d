#!/usr/bin/env bash
# shellcheck disable=SC2154 # stores.bash has stores and versitygw_version
# Uploads of one bundle by several programs. Sourced by scripts/bench-transfer.

: "${work:?}" "${data:?}" "${program:?}" "${runs:?}" "${parts:?}" "${part_mib:?}" "${jobs:?}" "${latency:?}"

bundle=$data/bundle
sent=0 # uploads so far; each has a prefix of its own

# make_bundle: random bytes, so that the bundle is as long as its image: as many full
# parts as were asked for, and one with the rest.
make_bundle() {
  local keys=bundle/testdata/vectors/euca2ools/keys
  openssl enc -aes-128-ctr -K 656d696b6974 -iv 05 -in /dev/zero 2>/dev/null | head -c "$((parts * part_mib))M" >"$data/noise.img" || true
  "$program" bundle-image -i "$data/noise.img" -d "$bundle" --part-size "${part_mib}m" --compression fast \
    -k "$keys/user-pk.pem" -c "$keys/user-cert.pem" --ec2cert "$keys/cloud-cert.pem" -u 123456789012 -r x86_64 >/dev/null
  rm "$data/noise.img"
}

# The programs. Each is called with the store, the name of its times, a prefix in the
# bucket, and how many parts go at once.
by_emikit() {
  at "$1" measure "$2" "$program" upload-bundle -b "bench/$3" -m "$bundle/noise.img.manifest.xml" ${4:+--jobs "$4"}
}
by_rclone() {
  at "$1" with_remote measure "$2" rclone copy "$bundle" "s3:bench/$3" --transfers "$4" "${rclone_quick[@]}"
}
# without checksums: nothing is compared with anything.
by_rclone_unchecked() {
  at "$1" with_remote measure "$2" rclone copy "$bundle" "s3:bench/$3" --transfers "$4" "${rclone_quick[@]}" --ignore-checksum
}
by_loop() {
  at "$1" measure "$2" /usr/bin/python3 scripts/bench.d/transfer_loop.py "$bundle" bench "$3"
}

# What rclone need not ask: the bucket is there, the prefix is empty, nobody is asked
# before a PUT (for which versitygw lets it wait for a second), and what a PUT was
# answered is believed, as emikit does.
rclone_quick=(--s3-no-check-bucket --no-traverse --no-check-dest --s3-no-head --checkers 1 --retries 1 --expect-continue-timeout 0)

with_remote() { # with_remote COMMAND...: s3: is the store of at
  RCLONE_CONFIG=/dev/null RCLONE_CONFIG_S3_TYPE=s3 RCLONE_CONFIG_S3_PROVIDER=Other RCLONE_CONFIG_S3_ENV_AUTH=true \
    RCLONE_CONFIG_S3_ENDPOINT=$S3_URL RCLONE_CONFIG_S3_REGION=$AWS_DEFAULT_REGION "$@"
}

# send PROGRAM STORE NAME [JOBS]: an upload to a prefix that is new, which is compared
# with the bundle if it is the first of that name, and removed.
send() {
  local prefix=$((++sent)) new=''
  [ -e "$work/$3.times" ] || new=1
  "by_$1" "$2" "$3" "$prefix" "${4:-}"
  [[ $2 != *DISCARD ]] || return 0 # it has nothing
  if [ -n "$new" ]; then
    at "$2" with_remote rclone copy -q "s3:bench/$prefix" "$data/back"
    diff -r "$bundle" "$data/back"
    rm -r "$data/back"
  fi
  at "$2" with_remote rclone purge -q "s3:bench/$prefix"
}

start_latency() { # start_latency STORE: the same one, far away, as FAR_STORE
  local url rest port
  read -r url rest <<<"${!1}"
  background "$work/latency-$1.log" "$work/transfer-latency" "$url" "${latency}ms"
  port=$(said "$work/latency-$1.log" '^[0-9][0-9]*$')
  # The path of the endpoint stays.
  export "FAR_$1=http://127.0.0.1:$port$(sed -E 's,^https?://[^/]*,,' <<<"$url") $rest"
}

rate() { # rate NAME: MiB/s, of the median
  awk -v bytes="$(cat "$bundle"/* | wc -c)" -v s="$(wall "$1")" 'BEGIN { printf "%.0f", bytes / 2^20 / s }'
}

# bench_near: as many at once by both.
bench_near() {
  local store n run
  echo "### To a store on this machine"
  echo
  timings MiB/s 'time, emikit is 1'
  for store in "${stores[@]}"; do
    [ "$store" != discard ] || continue # rclone asks what it has stored
    for ((run = 0; run < runs; run++)); do
      for n in $jobs; do
        send emikit "${store^^}" "emikit-$store-$n" "$n"
        send rclone "${store^^}" "rclone-$store-$n" "$n"
        send rclone_unchecked "${store^^}" "unchecked-$store-$n" "$n"
      done
    done
    for n in $jobs; do report_near "$store" "$n"; done
  done
}

report_near() { # report_near STORE N
  local base title
  base=$(wall "emikit-$1-$2")
  title=$(title_of "$1")
  timing "$title: emikit upload-bundle --jobs $2" "emikit-$1-$2" "$(rate "emikit-$1-$2")" 1
  timing "$title: rclone copy --transfers $2" "rclone-$1-$2" "$(rate "rclone-$1-$2")" "$(ratio "$(wall "rclone-$1-$2")" "$base")"
  timing "$title: rclone copy --transfers $2 --ignore-checksum" "unchecked-$1-$2" "$(rate "unchecked-$1-$2")" \
    "$(ratio "$(wall "unchecked-$1-$2")" "$base")"
  aim "$title, $2 at once: throughput, that of rclone copy is 1" 'at least' 1 "$(ratio "$(wall "rclone-$1-$2")" "$base")"
}

# bench_far: emikit's own choice against one at a time.
bench_far() {
  local store run
  echo "### To the same stores, $latency ms away"
  echo
  timings MiB/s 'times as fast as boto3'
  for store in "${stores[@]}"; do
    start_latency "${store^^}"
    for ((run = 0; run < runs; run++)); do
      send emikit "FAR_${store^^}" "far-emikit-$store"
      send emikit "FAR_${store^^}" "far-single-$store" 1
      send loop "FAR_${store^^}" "far-loop-$store"
    done
    report_far "$store"
  done
}

report_far() { # report_far STORE
  local base title kind
  base=$(wall "far-loop-$1")
  title=$(title_of "$1")
  timing "$title: emikit upload-bundle" "far-emikit-$1" "$(rate "far-emikit-$1")" "$(ratio "$base" "$(wall "far-emikit-$1")")"
  timing "$title: emikit upload-bundle --jobs 1" "far-single-$1" "$(rate "far-single-$1")" "$(ratio "$base" "$(wall "far-single-$1")")"
  timing "$title: boto3, one PUT after another" "far-loop-$1" "$(rate "far-loop-$1")" 1
  for kind in 'single emikit --jobs 1' 'loop boto3, one PUT after another,'; do
    aim "$title, $latency ms away: throughput, that of ${kind#* } is 1" 'at least' 3 \
      "$(ratio "$(wall "far-${kind%% *}-$1")" "$(wall "far-emikit-$1")")"
  done
}

title_of() {
  case $1 in
  discard) echo 'a server that keeps nothing' ;;
  walrus) echo Walrus ;;
  versitygw) echo "versitygw ${versitygw_version#v}" ;;
  *) echo "$1" ;;
  esac
}

# put_report FILE: between the marks.
put_report() {
  local begin='<!-- begin scripts/bench-transfer -->' end='<!-- end scripts/bench-transfer -->'
  if ! grep -qxF -- "$begin" "$1" || ! grep -qxF -- "$end" "$1"; then
    echo "bench-transfer: $1 lacks its marks" >&2
    return 1
  fi
  {
    sed "\\#^$begin\$#q" "$1"
    cat "$work/report"
    sed -n "\\#^$end\$#,\$p" "$1"
  } >"$work/document"
  cat "$work/document" >"$1"
}
