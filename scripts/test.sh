#!/usr/bin/env bash
# Every check and test, stage by stage; `scripts/test.sh lint` the checks alone. All stages run even when one
# fails. Logs are in target/ci-logs. The last line is `N passed, M failed`, the sum of what the runners said;
# a failed check counts as one failure. A test stage whose runner reports no test at all has failed.
set -uo pipefail
cd "$(dirname "$0")/.."
only=${1:-all}
export CARGO_TERM_PROGRESS_WHEN=never CARGO_TERM_COLOR=never NO_COLOR=1 FORCE_COLOR=0
export CARGO_INCREMENTAL=${CARGO_INCREMENTAL:-${CI:+0}}
[ -n "$CARGO_INCREMENTAL" ] || unset CARGO_INCREMENTAL

target=${CARGO_TARGET_DIR:-$PWD/target}
logs=$target/ci-logs
rm -rf "$logs"
mkdir -p "$logs"
passed=0 failed=0 broken=() names=() began=$SECONDS

# stage check|tests NAME COMMAND...
stage() {
  local kind=$1 name=$2 log start=$SECONDS code ok=0 bad=0
  shift 2
  log=$logs/${name// /-}.log
  printf '\n== %s\n' "$name"
  "$@" </dev/null >"$log" 2>&1
  code=$?
  if [ "$kind" = tests ]; then
    read -r ok bad < <(node scripts/count-tests.mjs "$log")
    if [ "$code" -eq 0 ] && [ "$((ok + bad))" -eq 0 ]; then
      echo "no test was run" | tee -a "$log"
      code=1
    fi
    [ "$code" -eq 0 ] && [ "$bad" -gt 0 ] && code=1
  fi
  [ "$code" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
  passed=$((passed + ok)) failed=$((failed + bad))
  if [ "$code" -ne 0 ]; then
    broken+=("$name")
    while IFS= read -r one; do names+=("$name: $one"); done < <(node scripts/count-tests.mjs "$log" --failed)
    tail -n 80 "$log"
  fi
  # runners indent what a test says, and several tests may miss the same
  sed -n 's/^ *\(LEFT OUT\)/\1/p' "$log" | sort -u
  if [ "$kind" = tests ]; then
    printf '%s: %s passed, %s failed, %ss\n' "$name" "$ok" "$bad" "$((SECONDS - start))"
  else
    printf '%s: %s, %ss\n' "$name" "$([ "$code" -eq 0 ] && echo ok || echo FAILED)" "$((SECONDS - start))"
  fi
  return "$code"
}

finish() {
  printf '\nall stages: %ss\n' "$((SECONDS - began))"
  # where only the end of the output is kept, it still says which tests they were
  [ ${#names[@]} -eq 0 ] || printf '  %s\n' "${names[@]:0:20}"
  [ ${#broken[@]} -eq 0 ] || printf 'failed: %s\n' "${broken[*]}"
  echo "$passed passed, $failed failed"
  [ ${#broken[@]} -eq 0 ]
  exit
}

cargo_deny() {
  if ! cargo deny --version >/dev/null 2>&1; then
    # looked at once and thrown away: its own speed does not matter, its building does
    cargo install cargo-deny --version '^0.20' --locked --quiet --debug --root .cache/tools || return
  fi
  cargo deny --workspace check bans licenses sources || return
  # the advisories are in a git repository of their own, which not every network reaches
  if cargo deny fetch db >/dev/null 2>&1; then
    cargo deny --workspace check advisories
  else
    echo "LEFT OUT: security advisories were not checked, their database cannot be reached from here"
  fi
}

# The build that serves without a window, for the SDKs and browsers. Copied, because the next build of the
# app with other features takes its place.
keep_binary() {
  mkdir -p "$target/ci-bin" && cp "$target/debug/inglenook" "$target/ci-bin/$1"
}
export INGLENOOK_BIN=$target/ci-bin/inglenook-serve INGLENOOK_DESKTOP_BIN=$target/ci-bin/inglenook-desktop

# The window's crates among them, though nothing here uses them: without them cargo would choose other features for some
# two hundred crates, and the window's build would build those again.
served=(--workspace --no-default-features --features starter,web-host,window-deps)
rust_tests() {
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run "${served[@]}" || return
  else
    cargo test "${served[@]}" || return
  fi
}

# Built with the tests, so that it costs nothing after them: `cargo build` would choose other features of some
# dependencies and build half of them anew. A stage of its own, so that one failed test does not take the SDKs and the
# browser with it.
serve_build() {
  cargo test --no-run "${served[@]}" && keep_binary inglenook-serve
}

# With a test that is there already, for then cargo counts what only tests ask of a crate, as it did above.
desktop_build() {
  cargo build --workspace --bin inglenook --test wire && keep_binary inglenook-desktop
}

browser_tests() {
  # npm writes this file last
  [ tests/browser/node_modules/.package-lock.json -nt tests/browser/package-lock.json ] ||
    npm --prefix tests/browser ci --no-audit --no-fund || return
  npm --prefix tests/browser test
}

stage check "set-up" scripts/setup.sh test || finish
source scripts/env.sh

stage check "UI lint" npm --prefix ui run lint
stage check "list of licences" node scripts/licences.mjs --check
stage check "UI types and build" npm --prefix ui run build
stage check "Rust format" cargo fmt --all --check
stage check "licences and sources" cargo_deny
stage check "clippy" cargo clippy --workspace --all-targets --features web-host -- -D warnings
[ "$only" = lint ] && finish

stage tests "UI tests" npm --prefix ui test
stage tests "Rust tests" rust_tests
stage check "serving build" serve_build
stage tests "keychain" tests/keychain/run
stage tests "SDKs" tests/sdk/run
stage tests "servers of tools" tests/servers/run
stage tests "browser" browser_tests
stage check "desktop build" desktop_build &&
  stage tests "window" tests/window/run
finish
