#!/usr/bin/env bash
# usage: vendor-web.sh [--check]
#
# Makes Sources/GradientService/Playground/vendor anew from the Python wheels that scripts/web.lock pins by their hash,
# or with --check says whether what stands there is what they hold. An update is a new line in the lock, a new version
# in scripts/vendor_web.py and a run of this script.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m pip download -q --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
    -r "$root/scripts/web.lock" -d "$work/wheels"
python3 "$root/scripts/vendor_web.py" "$root/scripts/web.lock" "$work/wheels" "$work/vendor"

vendor=$root/Sources/GradientService/Playground/vendor
if [ "${1:-}" = --check ]; then
    diff -rq "$work/vendor" "$vendor"
    echo "the vendored files are those of the pinned wheels"
else
    rm -rf "$vendor"
    mkdir -p "$(dirname "$vendor")"
    cp -r "$work/vendor" "$vendor"
fi
