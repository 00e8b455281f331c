# Sourced by the other scripts, from the top of the tree: where Rust and Node are, and how cargo behaves.
# shellcheck shell=bash
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# what scripts/setup.sh installs for this tree alone
export PATH="$top/.cache/node/bin:$top/.cache/tools/bin:$HOME/.cargo/bin:$PATH"

# rust-toolchain.toml names the exact release. Where rustup may not fetch it and the installed stable is that
# release, use stable; otherwise leave rustup to say what is missing.
pinned=$(sed -n 's/^channel = "\(.*\)"/\1/p' "$top/rust-toolchain.toml")
if command -v rustup >/dev/null && [ -z "${RUSTUP_TOOLCHAIN:-}" ] &&
  ! rustup run "$pinned" rustc --version >/dev/null 2>&1 &&
  rustup run stable rustc --version 2>/dev/null | grep -q "^rustc $pinned "; then
  export RUSTUP_TOOLCHAIN=stable
fi

say() { printf '\n== %s\n' "$*"; }

# Whether a program of at least this version answers: at_least 1.95.0 cargo
at_least() {
  local wanted=$1 program=$2 found
  found=$("$program" --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)
  [ -n "$found" ] && [ "$(printf '%s\n' "$wanted" "$found" | sort -V | head -n 1)" = "$wanted" ]
}
