#!/usr/bin/env bash
# The images that are bundled. Seeds are fixed, so a machine always makes the same ones
# as long as its files stay. Sourced by scripts/bench.

: "${data:?}" "${size:?}"

random() { # an endless stream of bytes that is always the same
  openssl enc -aes-128-ctr -K 656d696b6974 -iv "$1" -in /dev/zero 2>/dev/null
}

files() { # programs and texts, in an order that is always the same
  find /usr/lib /usr/share -type f -readable -size +0 | sort >"$data/files"
  shuf --random-source=<(random 01) "$data/files" >"$data/shuffled"
  local status=0
  until [ "$status" -eq 125 ]; do # cat was killed: enough has been read
    xargs -d '\n' cat <"$data/shuffled" 2>/dev/null || status=$?
  done
}

has_size() { # has_size FILE MIB
  [ "$(stat -c %s "$1")" = $(($2 << 20)) ] || { echo "bench: $1 is not what it should be" >&2; exit 1; }
}

# mixed_image: 35 % runs of zeros, 45 % files, 20 % random bytes, shuffled in blocks of
# 1 MiB.
mixed_image() {
  local zero=$((size * 35 / 100)) noise=$((size * 20 / 100)) block
  [ ! -e "$data/disk.img" ] || return 0
  mkdir "$data/blocks"
  {
    head -c "${zero}M" /dev/zero
    random 02 | head -c "${noise}M"
    files | head -c "$((size - zero - noise))M"
  } | split -a 5 -d -b 1M - "$data/blocks/" || true
  find "$data/blocks" -type f | sort | shuf --random-source=<(random 03) |
    while IFS= read -r block; do cat "$block"; done >"$data/disk.img"
  rm -r "$data/blocks"
  has_size "$data/disk.img" "$size"
}

# sparse_image: ten times as long, and a twentieth of that is files, in 64 runs between
# holes.
sparse_image() {
  local run=$((size * 8192)) i # bytes
  files | head -c "$((size / 2))M" >"$data/runs" || true
  has_size "$data/runs" $((size / 2))
  truncate -s "$((size * 10))M" "$data/sparse.img"
  for ((i = 0; i < 64; i++)); do
    dd if="$data/runs" of="$data/sparse.img" bs="$run" count=1 skip="$i" seek=$((i * 20 + 3)) conv=notrunc status=none
  done
  rm "$data/runs"
  has_size "$data/sparse.img" $((size * 10))
}

noise_image() { # random bytes
  random 04 | head -c "${size}M" >"$data/noise.img" || true
  has_size "$data/noise.img" "$size"
}
