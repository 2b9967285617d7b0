#!/bin/sh
# usage: test-browser.sh PROGRAM [PYTEST ARGUMENTS]
#
# Runs Tests/Browser with Debian's Chromium against the program. The Python packages live in .build/browser and are
# installed again when their list changes.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
program=$1
shift
tools=$root/.build/browser
list=$root/Tests/Browser/requirements.txt

if ! cmp -s "$list" "$tools/installed.txt"; then
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install -q --disable-pip-version-check -r "$list"
    cp "$list" "$tools/installed.txt"
fi
NABLA_PROGRAM=$program PYTHONDONTWRITEBYTECODE=1 exec "$tools/bin/python" -m pytest -q -p no:cacheprovider "$root/Tests/Browser" "$@"
