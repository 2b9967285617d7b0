#!/usr/bin/env bash
# usage: scripts/sanitize.sh thread|address
#
# Runs the tests under a sanitizer, in a debug build of its own; a report of the sanitizer fails the run.
set -euo pipefail
cd "$(dirname "$0")/.."
sanitizer=${1:?thread or address}
build=(--sanitize="$sanitizer" --scratch-path ".build-$sanitizer")
# A report ends the process that it is of, and so the test run, or a server that a test has started.
export TSAN_OPTIONS="halt_on_error=1:second_deadlock_stack=1"
export ASAN_OPTIONS="detect_stack_use_after_return=1"
swift build --build-tests "${build[@]}"
swift test --skip-build "${build[@]}" --filter HTTPServerTests
swift test --skip-build "${build[@]}" --filter GradientServiceTests
swift test --skip-build "${build[@]}" --filter EndToEndTests
