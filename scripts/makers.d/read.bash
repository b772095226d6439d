#!/usr/bin/env bash
# The readers. Sourced by scripts/makers. Each is called with a bundle's number and
# writes the image to $image; what it says to "answer" becomes the cell, once the image
# is the original.
# shellcheck disable=SC2154 # scripts/makers has the lists of makers and kinds

: "${work:?}" "${program:?}" "${vectors:?}"

# read_all READER: the cells of a column.
read_all() {
  local number reader=$1
  prepare_"$reader"
  for number in "${!makers[@]}"; do
    cell_of "$reader" "$number" >"$work/cells/$reader.$number"
  done
}

prepare_read_emikit() { :; }
prepare_read_shell() { :; }
prepare_read_xmllint() { :; }
prepare_read_python() {
  # Debian's own, which has the package that awscli needs, too
  for python in /usr/bin/python3 python3; do
    if "$python" -c 'import cryptography' 2>/dev/null; then return; fi
  done
  python=''
}
prepare_read_ruby() { :; }
prepare_read_java() { :; }

# cell_of READER NUMBER: one cell.
cell_of() {
  local reader=$1 number=$2 image=$work/$1.$2.image answer=$work/$1.$2.answer status
  if [ ! -e "$work/bundles/$number.sum" ]; then
    printf 'not here'
    return
  fi
  set +e
  (
    trap - EXIT # it is the script's own
    set -e
    "$reader" "$number"
  ) >"$work/$reader.$number.log" 2>&1 </dev/null
  status=$?
  set -e
  if [ "$status" -eq 0 ] && [ -s "$answer" ]; then
    cat "$answer"
  elif [ "$status" -eq 0 ] && sha256sum --status -c <<<"$(<"$work/bundles/$number.sum")  $image"; then
    printf ok
  else
    printf FAILED
    { printf 'makers: %s: %s, %s: failed:\n' "$reader" "${makers[number]}" "${kinds[number]}" &&
      tail -n 20 "$work/$reader.$number.log"; } >&2
    return
  fi
  rm -f "$image"
}

manifest_of() { printf '%s/bundles/%d/manifest' "$work" "$1"; }

keys_of() { printf '%s/%s/keys' "$vectors" "$(<"$work/bundles/$1.keys")"; }

# key_of NUMBER: the private key to open it with: the user's, if the bundle is for him.
key_of() {
  local owner=user
  if is_xml "$1" && ! grep -q '<user_encrypted_key[^>]*>[0-9a-f]' "$(manifest_of "$1")"; then owner=cloud; fi
  printf '%s/%s-pk.pem' "$(keys_of "$1")" "$owner"
}

is_xml() { [ "$(head -c 5 "$(manifest_of "$1")")" = '<?xml' ]; }

# cannot REASON: this reader is not made for this bundle.
cannot() { printf '%s' "$1" >"$answer"; }

read_emikit() {
  mkdir "$image.d"
  timeout 60 "$program" unbundle -m "$(manifest_of "$1")" -k "$(key_of "$1")" -d "$image.d"
  mv "$image.d"/* "$image"
  rmdir "$image.d"
}

# openssl, gzip and GNU tar; the signature is checked where there is one.
read_shell() {
  local certificate=()
  if ! is_xml "$1"; then
    cannot –
    return
  fi
  if ! grep -qE '<signature>(UNSIGNED)?</signature>|<signature/>' "$(manifest_of "$1")"; then
    certificate=("$(keys_of "$1")/user-cert.pem")
  fi
  timeout 60 scripts/verify-bundle --image "$image" "$(manifest_of "$1")" "$(key_of "$1")" "${certificate[@]}"
}

read_xmllint() {
  if ! is_xml "$1"; then
    cannot –
    return
  fi
  timeout 60 scripts/makers.d/read_xmllint "$(manifest_of "$1")" "$(key_of "$1")" >"$image"
}

read_python() {
  if [ -z "$python" ]; then
    cannot 'not here'
    return
  fi
  timeout 60 "$python" scripts/makers.d/read_bundle.py "$(manifest_of "$1")" "$(key_of "$1")" >"$image"
}

# Ruby's own Zlib, as ec2-ami-tools have it: of one gzip member.
read_ruby() {
  if ! is_xml "$1"; then
    cannot –
    return
  fi
  timeout 60 ruby scripts/makers.d/read_bundle.rb "$(manifest_of "$1")" "$(key_of "$1")" | tar -xOf - >"$image"
}

# Java's own cipher and GZIPInputStream, which the clouds use.
read_java() {
  if ! is_xml "$1"; then
    cannot –
    return
  fi
  openssl pkcs8 -topk8 -nocrypt -in "$(keys_of "$1")/cloud-pk.pem" -outform DER -out "$work/java.$1.key"
  timeout 60 java -Xshare:auto -cp "$work/java" ReadBundle "$(manifest_of "$1")" "$work/java.$1.key" | tar -xOf - >"$image"
}
