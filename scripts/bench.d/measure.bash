#!/usr/bin/env bash
# Timing whole processes, and what to say of it. Sourced by scripts/bench.

: "${work:?}" "${data:?}"

pin=() # runs a command on two processors

# pin_to_two: the aims are for two processors; on more, two that may be used are.
pin_to_two() {
  [ "$(nproc)" -gt 2 ] || return 0
  pin=(taskset -c "$(allowed | head -n 2 | paste -sd,)")
}

allowed() { # the processors that this shell may use, a line each
  local range
  for range in $(taskset -cp $$ | sed 's/.*: //; s/,/ /g'); do seq "${range%-*}" "${range#*-}"; done
}

measure() { # measure NAME COMMAND...: adds "wall CPU peak" to NAME's times
  local name=$1
  shift
  sync
  if ! env time -f '%e %U %S %M' -o "$work/time" "${pin[@]}" "$@" >"$work/out" 2>"$work/said"; then
    cat "$work/said" >&2
    echo "bench: failed: $name" >&2
    exit 1
  fi
  tail -n 1 "$work/time" | awk '{ printf "%.2f %.2f %.0f\n", $1, $2 + $3, $4 / 1024 }' >>"$work/$name.times"
}

statistic() { # statistic NAME COLUMN: median (min–max)
  cut -d' ' -f"$2" "$work/$1.times" | sort -n |
    awk '{ v[NR] = $1 } END { printf "%s (%s–%s)", v[int((NR + 1) / 2)], v[1], v[NR] }'
}
median() { statistic "$1" "$2" | sed 's/ .*//'; }
wall() { median "$1" 1; }
most() { cut -d' ' -f"$2" "$work/$1.times" | sort -n | tail -n 1; } # most NAME COLUMN

ratio() { awk -v a="$1" -v b="$2" -v form="${3:-%.2f}" 'BEGIN { if (b > 0) printf form, a / b; else print "–" }'; }
mib() { awk -v n="$1" 'BEGIN { printf "%.1f", n / 2^20 }'; }
parts() { cat "$1"/*.part.* | wc -c; } # parts DIRECTORY: bytes

# timing TITLE NAME [CELL...]: a row of a table
timing() {
  local title=$1 name=$2 cell
  shift 2
  printf '| %s | %s | %s | %s |' "$title" "$(statistic "$name" 1)" "$(statistic "$name" 2)" "$(most "$name" 3)"
  for cell in "$@"; do printf ' %s |' "$cell"; done
  echo
}

timings() { # timings TITLE...: the head of a table of timings, with further columns
  headings '' 'wall s, median (min–max)' 'CPU s, median (min–max)' 'peak MiB' "$@"
}

# aim WHAT RELATION LIMIT GOT: a row of the table of aims. RELATION is "at least" or
# "at most".
aim() {
  local met
  met=$(awk -v got="$4" -v limit="$3" -v relation="$2" \
    'BEGIN { print got == "–" ? "–" : (relation == "at least" ? got >= limit : got <= limit) ? "yes" : "no" }')
  printf '| %s | %s %s | %s | %s |\n' "$1" "$2" "$3" "$4" "$met" >>"$work/aims"
}
