#!/usr/bin/env bash
# How the walk-throughs run a command and look at what it printed. Sourced by
# scripts/walkthrough, which sets the variables used here.

: "${work:?}" "${repository:?}"

OUT='' # what the last command run printed

chapter() { printf '\n== %s\n' "$*"; }

fail() {
  printf '\nwalkthrough: %s\n' "$*" >&2
  exit 1
}

# run LINE shows a command line and runs it as typed, aliases included, with
# no terminal to prompt on. OUT is what it printed.
run() {
  printf '\n$ %s\n' "$1"
  if ! eval "$1" >"$work/stdout" </dev/null; then
    cat "$work/stdout"
    fail "the command failed: $1"
  fi
  cat "$work/stdout"
  OUT=$(<"$work/stdout")
}

# expect PATTERN WHAT: the last output has a line that matches the extended
# regular expression. \t stands for a tab.
expect() {
  local pattern=${1//\\t/$'\t'}
  grep -qE -- "$pattern" <<<"$OUT" || fail "$2: no line matches /$1/"
}

# expect_equal GOT WANT WHAT
expect_equal() {
  [ "$1" = "$2" ] || fail "$3: got '$1', want '$2'"
}

# id PREFIX: the id that the last output gives, such as eki-1A2B3C4D.
id() {
  local found
  found=$(grep -oE "\b$1-[0-9A-F]{8}\b" <<<"$OUT" | head -n 1) || true
  [ -n "$found" ] || fail "no id $1-XXXXXXXX in the output above"
  printf '%s\n' "$found"
}

# wait_for SECONDS WHAT COMMAND...: runs COMMAND once a second until it succeeds.
wait_for() {
  local limit=$1 what=$2 tried
  shift 2
  for ((tried = 0; tried < limit; tried++)); do
    if "$@"; then return; fi
    sleep 1
  done
  fail "$what: not after $limit s"
}

# column RECORD ID NUMBER: a field of the record in describe-* output read from
# standard input, counted from 1 with the record's name.
column() {
  awk -F '\t' -v record="$1" -v id="$2" -v n="$3" '$1 == record && $2 == id { print $n }'
}

image_is() { # image_is ID STATE
  [ "$(euca-describe-images "$1" | column IMAGE "$1" 5)" = "$2" ]
}

instance_is() { # instance_is ID STATE; an instance that ended is not waited for
  local state
  euca-describe-instances "$1" >"$work/instance"
  state=$(column INSTANCE "$1" 6 <"$work/instance")
  if [ "$state" = terminated ] && [ "$2" != terminated ]; then
    cat "$work/instance"
    fail "instance $1 was terminated"
  fi
  [ "$state" = "$2" ]
}

wait_available() { wait_for 120 "image $1 available" image_is "$1" available; }
wait_running() { wait_for 180 "instance $1 running" instance_is "$1" running; }

# check_bundle NAME: the bundle in /tmp stands up to openssl, gzip and tar.
check_bundle() {
  "$repository/scripts/verify-bundle" "/tmp/$1.manifest.xml" "$EC2_PRIVATE_KEY" "$EC2_CERT"
}

# reserve_bundle NAME: the bundle NAME is going to be made in /tmp.
reserve_bundle() {
  local there
  for there in "/tmp/$1.manifest.xml" "/tmp/$1".part.*; do
    [ ! -e "$there" ] || fail "$there exists; move it out of the way"
  done
  bundled+=("$1")
}

remove_bundles() {
  local name
  for name in "${bundled[@]}"; do
    rm -f "/tmp/$name.manifest.xml" "/tmp/$name".part.*
  done
}

# bundle NAME LINE: runs a command line that bundles into /tmp, and checks it.
bundle() {
  reserve_bundle "$1"
  run "$2"
  check_bundle "$1"
}
