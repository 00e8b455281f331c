#!/usr/bin/env bash
# Fuzzes every reader of bytes from outside for SECONDS each: scripts/fuzz.sh [SECONDS] [TARGET...]
# Needs a nightly compiler and cargo-fuzz. A crash is kept under src-tauri/crates/wire/fuzz/artifacts; its input
# becomes a test with a name before it is mended.
set -euo pipefail
cd "$(dirname "$0")/../src-tauri/crates/wire/fuzz"
seconds=${1:-60}
shift || true
node seed.mjs
[ $# -gt 0 ] || set -- $(sed -n 's/^name = "\([a-z_]*\)"$/\1/p' Cargo.toml)
for target; do
  echo "== $target"
  cargo +nightly fuzz run --sanitizer none "$target" -- -max_total_time="$seconds" -max_len=65536 \
    -rss_limit_mb=2048 -timeout=10 -verbosity=0 -print_final_stats=1 2>&1 | grep -E "Done|ERROR|panicked|stat::(number_of|new_units|peak)" || true
  [ "${PIPESTATUS[0]}" -eq 0 ]
done
