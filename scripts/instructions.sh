#!/usr/bin/env bash
# What the codecs take for a chunk and for a request: processor time, and instructions by valgrind's callgrind, a
# figure that does not depend on what else the machine does. Always the difference of two runs, without their start.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh
cargo build --quiet --release -p inglenook-wire --example instructions
program=${CARGO_TARGET_DIR:-$top/target}/release/examples/instructions

# instructions of a run: count WIRE WORK TIMES
count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$@" 2>&1 >/dev/null |
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

# milliseconds of processor time of a run, in the program itself: spend WIRE WORK TIMES
spend() {
  local TIMEFORMAT=%3U
  { time "$program" "$@" >/dev/null; } 2>&1 | awk '{ print $1 * 1000 }'
}

# what is counted without valgrind is nothing
each() {
  if [ "$1" = count ] && ! command -v valgrind >/dev/null; then
    echo -
    return
  fi
  local few=$4 many=$5 units=$6 scale=$7
  echo $((($("$1" "$2" "$3" "$many") - $("$1" "$2" "$3" "$few")) * scale / (many - few) / units))
}

printf '%-20s %16s %16s %16s %16s\n' wire "chunk, ns" "instructions" "request, ns" "instructions"
for wire in $("$program"); do
  chunks=$("$program" "$wire" translate 0)
  printf '%-20s %16s %16s %16s %16s\n' "$wire" \
    "$(each spend "$wire" translate 200 4200 "$chunks" 1000000)" "$(each count "$wire" translate 10 30 "$chunks" 1)" \
    "$(each spend "$wire" encode 200 40200 1 1000000)" "$(each count "$wire" encode 10 60 1 1)"
done
