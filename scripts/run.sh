#!/usr/bin/env bash
# Builds the app and opens its window; without a display it serves and prints a first call to try.
# Arguments go to the app: scripts/run.sh --data-dir DIR
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh run
source scripts/env.sh

# the newest source decides; an unchanged UI is not built again
if [ ! -e ui/dist/index.html ] || grep -q 'is not built' ui/dist/index.html ||
  [ -n "$(find ui -path ui/node_modules -prune -o -path ui/dist -prune -o -type f -newer ui/dist/index.html -print -quit)" ]; then
  say "building the UI"
  npm --prefix ui run build
fi

# The dev profile: it builds in under half of release's time, and what makes the app fast (the starter's
# arithmetic, SQLite, Argon2) is optimised in it all the same; see [profile.dev.package.*] in Cargo.toml.
say "building the app (minutes the first time, seconds after that)"
cargo build --workspace --bin inglenook
binary=${CARGO_TARGET_DIR:-target}/debug/inglenook

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || [ "$(uname -s)" = Darwin ]; then
  say "opening the window"
  exec "$binary" "$@"
fi

say "there is no display: serving without the window (Ctrl-C ends it)"
exec node scripts/serve.mjs "$binary" "$@"
