#!/usr/bin/env bash
# A table of checks: each is a row with its result, and the script that sources this
# fails in the end when one of them failed. It sets:
#
#   begin_table NAME TITLE...   makes $work, a temporary directory; TITLE... are those
#                               of the columns, but for the seconds
#   check CELL... -- COMMAND... adds a row: runs the command by itself, with errors
#                               ending it
#   absent WHY CELL...          adds a row that says that something is not here
#   note TEXT                   in a command of check: what to add to its "ok"
#   equal WHAT GOT WANT         fails unless they are the same
#   refused TEXT COMMAND...     fails unless the command fails and says TEXT
#   background LOG COMMAND...   starts a program that ends with the script; its id is $!
#   end_table                   prints the table, and returns whether all is well
#   update_document FILE        puts the table between the marks of NAME in FILE
#   need PROGRAM=PACKAGE...     installs what is missing on Debian, as root
#   clear_environment           leaves programs without the user's settings
#
# Only what was started by background is ended. $work is kept when something fails.

begin_table() {
  table=$1
  shift
  titles=("$@")
  rows=() failed=0 started=() timed=1
  work=$(mktemp -d "${TMPDIR:-/tmp}/emikit-$table.XXXXXX")
  trap 'end_script $?' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

end_script() { # end_script STATUS: ends what was started, and tidies up
  local status=$1 id ended
  trap - EXIT
  for id in "${started[@]}"; do
    kill -TERM "$id" 2>/dev/null || true
    ended=0
    wait "$id" 2>/dev/null || ended=$?
    if [ "$ended" -ne 0 ] && [ "$ended" -ne 143 ]; then
      echo "$table: a program that was started ended with status $ended" >&2
      status=1
    fi
  done
  if [ "$status" -eq 0 ]; then
    rm -rf "$work"
  else
    echo "$table: failed after $SECONDS s; see $work" >&2
  fi
  exit "$status"
}

background() { # background LOG COMMAND...
  local log=$1
  shift
  "$@" >"$log" 2>&1 </dev/null &
  started+=($!)
}

row() { # row SECONDS CELL...
  local took=$1 line='' cell
  shift
  for cell in "$@"; do line+="| $cell "; done
  rows+=("$line|${timed:+ $took |}")
}

check() { # check CELL... -- COMMAND...
  local cells=() status begin=$SECONDS said=''
  while [ "$1" != -- ]; do
    cells+=("$1")
    shift
  done
  shift
  rm -f "$work/note"
  set +e
  (
    trap - EXIT # it is the script's own
    set -e
    "$@"
  ) >"$work/output" 2>&1 </dev/null
  status=$?
  set -e
  [ ! -s "$work/note" ] || said=": $(<"$work/note")"
  if [ "$status" -eq 0 ]; then
    row $((SECONDS - begin)) "${cells[@]}" "ok$said"
    return
  fi
  failed=$((failed + 1))
  row $((SECONDS - begin)) "${cells[@]}" FAILED
  { printf '%s: failed: %s\n' "$table" "${cells[*]}" && tail -n 20 "$work/output"; } >&2
}

absent() { # absent WHY CELL...
  local why=$1
  shift
  row 0 "$@" "not here: $why"
}

note() { printf '%s' "$*" >"$work/note"; }

equal() {
  [ "$2" = "$3" ] || { printf '%s: got %q, want %q\n' "$1" "$2" "$3"; return 1; }
}

refused() { # refused TEXT COMMAND...
  local text=$1 said
  shift
  if said=$("$@" 2>&1); then
    printf 'not refused: %s\n' "$*"
    return 1
  fi
  grep -qF -- "$text" <<<"$said" || { printf 'refused, but not with %s: %s\n' "$text" "$said"; return 1; }
}

headings() { # headings TITLE...: the first two lines of a table
  local line='' rule='' title
  for title in "$@"; do
    line+="| $title " rule+='| --- '
  done
  printf '%s|\n%s|\n' "$line" "$rule"
}

end_table() {
  local absences
  absences=$(printf '%s\n' "${rows[@]}" | grep -c '| not here' || true)
  echo
  headings "${titles[@]}" ${timed:+seconds}
  printf '%s\n' "${rows[@]}"
  printf '\n%d rows in %d s: %d failures, %d rows with something that is not here\n' "${#rows[@]}" "$SECONDS" "$failed" "$absences"
  [ "$failed" -eq 0 ]
}

update_document() { # update_document FILE
  local begin="<!-- begin scripts/$table -->" end="<!-- end scripts/$table -->"
  if ! grep -qxF -- "$begin" "$1" || ! grep -qxF -- "$end" "$1"; then
    echo "$table: $1 lacks the lines '$begin' and '$end'" >&2
    return 1
  fi
  {
    sed "\\#^$begin\$#q" "$1"
    headings "${titles[@]}"
    printf '%s\n' "${rows[@]}" | sed -E "${timed:+s/ \\| [0-9]+ \\|\$/ |/}"
    sed -n "\\#^$end\$#,\$p" "$1"
  } >"$work/document"
  cat "$work/document" >"$1"
}

need() { # need PROGRAM=PACKAGE...
  local pair missing=()
  for pair in "$@"; do
    PATH=$PATH:/usr/sbin:/sbin type -P "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ] || ! type -P apt-get >/dev/null; then
    echo "$table: missing ${missing[*]}; on Debian, install them as root" >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

clear_environment() {
  local name
  while read -r name; do
    unset "$name"
  done < <(compgen -e | grep -E '^(AWS|EC2|S3|EUCA|EUCALYPTUS)_|^(http|https|all)_proxy$|^(HTTP|HTTPS|ALL)_PROXY$')
  mkdir "$work/home"
  export HOME=$work/home AWS_EC2_METADATA_DISABLED=true AWS_PAGER='' PYTHONDONTWRITEBYTECODE=1
  export PATH=$PATH:/usr/sbin:/sbin
}
