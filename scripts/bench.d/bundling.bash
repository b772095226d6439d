#!/usr/bin/env bash
# The sections about bundling and unbundling. Sourced by scripts/bench.

: "${work:?}" "${data:?}" "${program:?}" "${runs:?}" "${size:?}"

fixed=0123456789abcdef0123456789abcdef # the tools' key and IV

sign=() # options: whose key and certificates

# make_keys makes one pair, which is everybody's.
make_keys() {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/pk.pem" -out "$work/cert.pem" \
    -days 2 -subj /CN=bench 2>/dev/null
  sign=(-r x86_64 -u 123456789012 -k "$work/pk.pem" -c "$work/cert.pem" --ec2cert "$work/cert.pem")
}

emikit_bundle() { # emikit_bundle NAME IMAGE [OPTION...]: into the directory NAME
  local name=$1 image=$2
  shift 2
  rm -rf "${data:?}/$name"
  measure "$name" "$program" bundle-image -i "$image" -d "$data/$name" "${sign[@]}" "$@"
}

tools_bundle() {
  rm -rf "$data/tools" && mkdir "$data/tools"
  measure tools scripts/bench.d/tools-bundle "$data/disk.img" "$data/tools" "$fixed"
}

secret() { # secret MANIFEST key|iv: what is sealed to the user, with openssl alone
  printf '%b' "$(sed -n "s:.*<user_encrypted_$2[^>]*>\([0-9a-f]*\)<.*:\1:p" "$1" | sed 's/../\\x&/g')" |
    openssl pkeyutl -decrypt -inkey "$work/pk.pem"
}

# opens DIRECTORY IMAGE [KEY]: a bundle, taken apart with openssl, pigz and tar, holds
# the image. Its manifest has the key, unless it is given.
opens() {
  local key=${3:-} iv=${3:-} name
  name=$(basename "$2")
  if [ -z "$key" ]; then
    key=$(secret "$1/$name.manifest.xml" key) iv=$(secret "$1/$name.manifest.xml" iv)
  fi
  find "$1" -name "$name.part.*" -print0 | sort -zV | xargs -0 cat | openssl enc -d -aes-128-cbc -K "$key" -iv "$iv" | pigz -dc | tar -xO | cmp - "$2" ||
    { echo "bench: $1 does not hold $2" >&2; exit 1; }
}

bench_mixed() {
  local run how
  mixed_image
  for ((run = 0; run < runs; run++)); do
    tools_bundle
    for how in fast default best; do emikit_bundle "$how" "$data/disk.img" --compression "$how"; done
  done
  opens "$data/tools" "$data/disk.img" "$fixed"
  for how in fast default best; do opens "$data/$how" "$data/disk.img"; done
  report_mixed
}

report_mixed() {
  local how part tools speed volume fewer
  local -A speeds=([fast]=6 [default]=4.5 [best]=3) volumes=([fast]=1.06 [default]=1.03 [best]=1.02)
  tools=$(parts "$data/tools")
  echo "### Mixed image, $size MiB"
  echo
  timings 'parts MiB' 'times as fast' 'times less CPU' size
  timing 'tar, sha1sum, pigz, openssl, split' tools "$(mib "$tools")" 1 1 1
  for how in fast default best; do
    part=$(parts "$data/$how")
    speed=$(ratio "$(wall tools)" "$(wall "$how")") volume=$(ratio "$part" "$tools" %.3f)
    fewer=$(ratio "$(median tools 2)" "$(median "$how" 2)")
    timing "emikit bundle-image --compression $how" "$how" "$(mib "$part")" "$speed" "$fewer" "$volume"
    aim "mixed image, \`$how\`: times as fast as the tools" 'at least' "${speeds[$how]}" "$speed"
    aim "mixed image, \`$how\`: size, the tools' is 1" 'at most' "${volumes[$how]}" "$volume"
  done
}

# bench_curve: one processor's time for each stage, at each level, and what follows from
# it for more of them.
bench_curve() {
  mixed_image
  echo "### Levels and processors, the first $((size < 256 ? size : 256)) MiB of the mixed image"
  echo
  GOMAXPROCS=1 "$work/curve" "$data/disk.img"
}

bench_sparse() {
  local run got
  sparse_image
  for ((run = 0; run < runs; run++)); do
    measure hash "$work/bounds" hash $((size * 10 << 20))
    emikit_bundle sparse "$data/sparse.img"
  done
  opens "$data/sparse" "$data/sparse.img"
  got=$(ratio "$(wall sparse)" "$(wall hash)")
  echo "### Sparse image, $((size * 10)) MiB, of which $((size / 2)) are not holes"
  echo
  timings
  timing "SHA-1 alone, of as many bytes in memory" hash
  timing 'emikit bundle-image' sparse
  aim 'sparse image: time, that of SHA-1 alone is 1' 'at most' 1.15 "$got"
  rm -r "$data/sparse" "$data/sparse.img"
}

bench_noise() {
  local run bound got
  noise_image
  for ((run = 0; run < runs; run++)); do
    measure read "$work/bounds" read "$data/noise.img"
    measure seal "$work/bounds" seal $((size << 20))
    measure both "$work/bounds" both "$data/noise.img"
    emikit_bundle noise "$data/noise.img"
  done
  opens "$data/noise" "$data/noise.img"
  bound=$(printf '%s\n' "$(wall read)" "$(wall seal)" | sort -n | tail -n 1)
  got=$(ratio "$(wall noise)" "$bound")
  echo "### Random bytes, $size MiB"
  echo
  timings
  timing 'read, SHA-1' read
  timing 'AES-128-CBC, SHA-1' seal
  timing 'both at the same time, on a processor each' both
  timing 'emikit bundle-image' noise
  aim 'random bytes: time, that of the slower of (read, SHA-1) and (AES-128-CBC, SHA-1) is 1' 'at most' 1.3 "$got"
  rm -r "$data/noise" "$data/noise.img"
}

# emikit_unbundle NAME DIRECTORY
emikit_unbundle() {
  rm -rf "${data:?}/$1" && mkdir "$data/$1"
  measure "$1" "$program" unbundle -m "$data/$2/disk.img.manifest.xml" -k "$work/pk.pem" -s "$data/$2" -d "$data/$1"
}

# tools_unbundle NAME DIRECTORY KEY IV
tools_unbundle() {
  rm -rf "${data:?}/$1" && mkdir "$data/$1"
  measure "$1" scripts/bench.d/tools-unbundle "$data/$2" disk.img "$3" "$4" "$data/$1/disk.img"
}

# bundles_to_open makes those that the section about mixed images left, if it ran.
bundles_to_open() {
  mixed_image
  [ -d "$data/default" ] || "$program" bundle-image -i "$data/disk.img" -d "$data/default" "${sign[@]}" >/dev/null
  if [ ! -d "$data/tools" ]; then
    mkdir "$data/tools"
    scripts/bench.d/tools-bundle "$data/disk.img" "$data/tools" "$fixed"
  fi
  "$work/manifest" "$data/tools" disk.img $((size << 20)) "$(cut -d' ' -f1 "$data/tools/sum")" "$fixed" "$work/cert.pem" "$work/pk.pem"
}

bench_unbundle() {
  local run key iv name
  bundles_to_open
  key=$(secret "$data/default/disk.img.manifest.xml" key) iv=$(secret "$data/default/disk.img.manifest.xml" iv)
  for ((run = 0; run < runs; run++)); do
    tools_unbundle tools-ours default "$key" "$iv"
    emikit_unbundle emikit-ours default
    tools_unbundle tools-theirs tools "$fixed" "$fixed"
    emikit_unbundle emikit-theirs tools
  done
  for name in tools-ours emikit-ours tools-theirs emikit-theirs; do cmp "$data/disk.img" "$data/$name/disk.img"; done
  report_unbundle
}

report_unbundle() {
  local ours theirs
  ours=$(ratio "$(wall emikit-ours)" "$(wall tools-ours)") theirs=$(ratio "$(wall emikit-theirs)" "$(wall tools-theirs)")
  echo "### Unbundling the mixed image, $size MiB"
  echo
  timings "time, the tools' is 1" "CPU, the tools' is 1"
  timing 'of emikit: cat, openssl, pigz, sha1sum, tar' tools-ours 1 1
  timing 'of emikit: emikit unbundle' emikit-ours "$ours" "$(ratio "$(median emikit-ours 2)" "$(median tools-ours 2)")"
  timing 'of the tools: cat, openssl, pigz, sha1sum, tar' tools-theirs 1 1
  timing 'of the tools: emikit unbundle' emikit-theirs "$theirs" "$(ratio "$(median emikit-theirs 2)" "$(median tools-theirs 2)")"
  aim "unbundle what emikit made: time, the tools' is 1" 'at most' 0.333 "$ours"
  aim "unbundle what the tools made: time, the tools' is 1" 'at most' 0.5 "$theirs"
}

# bench_start times many starts together with the clock of the shell, which is finer
# than that of time.
bench_start() {
  local i port
  background "$work/cloud.log" "$work/discard"
  port=$(said "$work/cloud.log" '^[0-9][0-9]*$')
  ln -s "$program" "$work/euca-describe-images"
  for ((i = 0; i < 30; i++)); do
    start_of true /bin/true
    start_of version "$program" --version
    start_of images first_line env EC2_URL="http://127.0.0.1:$port/" EC2_ACCESS_KEY=AKIADISCARD EC2_SECRET_KEY=the-secret "$work/euca-describe-images"
  done
  echo "### Start-up"
  echo
  headings '' 'wall ms of 30, median (min–max)'
  printf '| %s | %s |\n' /bin/true "$(statistic true 1)" 'emikit --version' "$(statistic version 1)" \
    'euca-describe-images, two requests to a server that answers at once, to its first line' "$(statistic images 1)"
  aim "\`emikit --version\`: milliseconds" 'at most' 15 "$(median version 1)"
  aim "\`euca-describe-images\` to its first line: milliseconds" 'at most' 30 "$(median images 1)"
}

# first_line COMMAND... ends with the command's first line.
first_line() {
  local line=''
  read -r line < <("$@")
  [ -n "$line" ]
}

start_of() { # start_of NAME COMMAND...
  local begin=$EPOCHREALTIME name=$1
  shift
  "$@" >/dev/null
  awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f\n", (b - a) * 1000 }' >>"$work/$name.times"
}
