#!/bin/sh
# Installs the Debian packages given that are missing, and says what to do where there is no Swift toolchain.
set -eu

if ! command -v swift >/dev/null 2>&1; then
    cat >&2 <<'MESSAGE'
There is no Swift toolchain on this machine's PATH. Nabla needs Swift 6.3 or later:
see https://www.swift.org/install/linux/ (or use the container, which brings its own: docker build -t nabla .).
MESSAGE
    exit 1
fi

missing=
for package in "$@"; do
    state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$state" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

root=
[ "$(id -u)" = 0 ] || root=sudo
echo "installing:$missing"
$root apt-get update -q
# shellcheck disable=SC2086 -- a list of packages
$root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $missing
