#!/usr/bin/env bash
# How many instructions the codecs take for a chunk and for a request, by valgrind's callgrind: a figure that does
# not depend on what else the machine does. Two runs of different length; their difference leaves out the start.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh
if ! command -v valgrind >/dev/null; then
  echo "valgrind is not installed; no instructions are counted." >&2
  exit 0
fi
cargo build --quiet --release -p inglenook-wire --example instructions
program=${CARGO_TARGET_DIR:-$top/target}/release/examples/instructions

# prints the instructions of a run: count WIRE WORK TIMES
count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$@" 2>&1 >/dev/null |
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

printf '%-20s %12s %12s\n' wire "a chunk" "a request"
for wire in $("$program"); do
  chunks=$("$program" "$wire" translate 0)
  translate=$((($(count "$wire" translate 30) - $(count "$wire" translate 10)) / 20 / chunks))
  encode=$((($(count "$wire" encode 60) - $(count "$wire" encode 10)) / 50))
  printf '%-20s %12d %12d\n' "$wire" "$translate" "$encode"
done
